// Samples by what they share.
import type {Tables} from "./tables";

/** The rows of each thread that has any, threads in the order of their table. */
export function byThread(tables: Tables): Map<number, Int32Array> {
  const {thread} = tables.samples;
  const starts = new Int32Array(tables.threads.length + 1);
  for (let row = 0; row < thread.length; row++) {
    starts[thread[row] + 1]++;
  }
  for (let id = 0; id < tables.threads.length; id++) {
    starts[id + 1] += starts[id];
  }
  const grouped = new Int32Array(thread.length);
  const next = starts.slice();
  for (let row = 0; row < thread.length; row++) {
    grouped[next[thread[row]]++] = row;
  }
  const groups = new Map<number, Int32Array>();
  for (let id = 0; id < tables.threads.length; id++) {
    if (starts[id + 1] > starts[id]) {
      groups.set(id, grouped.subarray(starts[id], starts[id + 1]));
    }
  }
  return groups;
}

/** The weight of each thread, or of each state, over all samples: the shares that menus show. */
export function weightBy(keys: ArrayLike<number>, weight: Float64Array, size: number): Float64Array {
  const sums = new Float64Array(size);
  for (let row = 0; row < weight.length; row++) {
    sums[keys[row]] += weight[row];
  }
  return sums;
}

/** 1 for each stack that some sample has. */
export function seenStacks({stacks, samples}: Tables): Uint8Array {
  const seen = new Uint8Array(stacks.parent.length);
  const {stack} = samples;
  for (let row = 0; row < stack.length; row++) {
    if (stack[row] >= 0) {
      seen[stack[row]] = 1;
    }
  }
  return seen;
}
