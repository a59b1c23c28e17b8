// Which sample rows take part, as weights per stack.
import type {Tables} from "./tables";

export interface Selection {
  /** Indices into the threads, or null for all of them. */
  readonly threads: readonly number[] | null;
  /** Indices into the states, or null; no effect on a profile without states. */
  readonly states: readonly number[] | null;
  /** Nanoseconds since the start, the end not included, or null; no effect without times. */
  readonly range: readonly [number, number] | null;
}

export const EVERYTHING: Selection = {threads: null, states: null, range: null};

export function selectRows(tables: Tables, {threads, states, range}: Selection): Int32Array {
  const {thread, time, state} = tables.samples;
  const wantedThread = threads && flags(threads, tables.threads.length);
  const wantedState = states && state && flags(states, 256);
  const rows = new Int32Array(thread.length);
  let count = 0;
  for (let row = 0; row < thread.length; row++) {
    const wanted =
      (!wantedThread || wantedThread[thread[row]]) &&
      (!wantedState || wantedState[state![row]]) &&
      (!range || !time || (time[row] >= range[0] && time[row] < range[1]));
    if (wanted) {
      rows[count++] = row;
    }
  }
  return rows.subarray(0, count);
}

/** The rows of each thread that has any, threads in the order of their table. */
export function byThread(tables: Tables, rows: Int32Array): Map<number, Int32Array> {
  const {thread} = tables.samples;
  const starts = new Int32Array(tables.threads.length + 1);
  for (const row of rows) {
    starts[thread[row] + 1]++;
  }
  for (let id = 0; id < tables.threads.length; id++) {
    starts[id + 1] += starts[id];
  }
  const grouped = new Int32Array(rows.length);
  const next = starts.slice();
  for (const row of rows) {
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

function flags(indices: readonly number[], size: number): Uint8Array {
  const wanted = new Uint8Array(size);
  for (const index of indices) {
    if (index >= 0 && index < size) {
      wanted[index] = 1;
    }
  }
  return wanted;
}
