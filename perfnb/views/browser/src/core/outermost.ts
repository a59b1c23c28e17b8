// What is on a stack several times counts once.
import type {Tables} from "./tables";

/**
 * 1 for each row of the stacks table above which there is no row of the same key, so that a key's
 * total is the sum over these. `keyOf` is a key below `keys` for each row, or −1.
 */
export function outermost({parent}: Tables["stacks"], keyOf: Int32Array, keys: number): Uint8Array {
  const size = parent.length;
  const below = new Int32Array(size).fill(1);
  for (let stack = size - 1; stack >= 0; stack--) {
    if (parent[stack] >= 0) {
      below[parent[stack]] += below[stack];
    }
  }
  // Depth-first, what is below a row stands right behind it.
  const order = new Int32Array(size);
  const next = new Int32Array(size);
  let roots = 0;
  for (let stack = 0; stack < size; stack++) {
    const above = parent[stack];
    const enter = above < 0 ? roots : next[above];
    if (above < 0) {
      roots += below[stack];
    } else {
      next[above] += below[stack];
    }
    order[enter] = stack;
    next[stack] = enter + 1;
  }
  const until = new Int32Array(keys);
  const flags = new Uint8Array(size);
  for (let at = 0; at < size; at++) {
    const stack = order[at];
    const key = keyOf[stack];
    if (key >= 0 && at >= until[key]) {
      flags[stack] = 1;
      until[key] = at + below[stack];
    }
  }
  return flags;
}

/** Weights by key, over samples: what `functionTable` and `lineTable` show. */
export interface Sums {
  readonly self: Float64Array;
  readonly total: Float64Array;
  readonly selfSamples: Float64Array;
  readonly totalSamples: Float64Array;
}

export function sumBy(
  {stacks, samples}: Tables,
  keyOf: Int32Array,
  flags: Uint8Array,
  keys: number,
): Sums {
  const {parent} = stacks;
  const {stack, weight, count} = samples;
  const self = new Float64Array(keys);
  const total = new Float64Array(keys);
  const selfSamples = new Float64Array(keys);
  const totalSamples = new Float64Array(keys);
  const weights = new Float64Array(parent.length);
  const counts = new Float64Array(parent.length);
  for (let row = 0; row < stack.length; row++) {
    if (stack[row] >= 0) {
      const one = count === null ? 1 : count[row];
      weights[stack[row]] += weight[row];
      counts[stack[row]] += one;
      if (keyOf[stack[row]] >= 0) {
        self[keyOf[stack[row]]] += weight[row];
        selfSamples[keyOf[stack[row]]] += one;
      }
    }
  }
  for (let at = parent.length - 1; at >= 0; at--) {
    if (counts[at] !== 0 || weights[at] !== 0) {
      if (parent[at] >= 0) {
        weights[parent[at]] += weights[at];
        counts[parent[at]] += counts[at];
      }
      if (flags[at]) {
        total[keyOf[at]] += weights[at];
        totalSamples[keyOf[at]] += counts[at];
      }
    }
  }
  return {self, total, selfSamples, totalSamples};
}

/** The values of a column at some places. */
export function picked(column: Float64Array, places: Int32Array): Float64Array {
  const values = new Float64Array(places.length);
  for (let at = 0; at < places.length; at++) {
    values[at] = column[places[at]];
  }
  return values;
}
