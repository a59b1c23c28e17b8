// Samples to a call tree: the same rules, and the same result, as perfnb's fold in Python.
import type {CallTree} from "./calltree";
import type {Merge} from "./keys";
import {mergedStacks, type Merged} from "./merged";
import {byThread} from "./select";
import type {Tables} from "./tables";

export interface FoldOptions {
  /** Leaf first: who called what is hot. */
  readonly inverted: boolean;
  readonly merge: Merge;
  /** One node per thread under the root. */
  readonly splitThreads: boolean;
}

export function fold(tables: Tables, {inverted, merge, splitThreads}: FoldOptions): CallTree {
  const merged = mergedStacks(tables, merge, inverted);
  const scales = Scales.of(tables, merged);
  if (!splitThreads) {
    return arrange(merged, [scales.weigh(null)], null);
  }
  const groups = byThread(tables);
  const parts = Array.from(groups.values(), (rows) => scales.weigh(rows));
  return arrange(merged, parts, Array.from(groups.keys()));
}

/** The nodes of the merged tree that some samples have, in its order, and their weights. */
interface Part {
  readonly nodes: Int32Array;
  readonly self: Float64Array;
  readonly total: Float64Array;
  readonly selfSamples: Float64Array;
  readonly totalSamples: Float64Array;
  readonly hidden: Float64Array | null;
}

/** A brush folds the same stacks at every move: arrays as large as they are would keep the collector busy. */
const KNOWN = new WeakMap<Merged, Scales>();

/** Sums samples up on the merged tree; the arrays are as large as it, and used over and over. */
class Scales {
  private readonly self: Float64Array;
  private readonly total: Float64Array;
  private readonly selfSamples: Float64Array;
  private readonly totalSamples: Float64Array;
  private readonly hidden: Float64Array | null;
  private readonly used: Uint8Array;

  static of(tables: Tables, merged: Merged): Scales {
    let one = KNOWN.get(merged);
    if (one === undefined) {
      KNOWN.set(merged, (one = new Scales(tables, merged)));
    }
    one.tables = tables;
    return one;
  }

  private constructor(
    private tables: Tables,
    private readonly merged: Merged,
  ) {
    const size = merged.parent.length;
    this.self = new Float64Array(size);
    this.total = new Float64Array(size);
    this.selfSamples = new Float64Array(size);
    this.totalSamples = new Float64Array(size);
    this.hidden = tables.stacks.hidden === null ? null : new Float64Array(size);
    this.used = new Uint8Array(size);
  }

  /** The given rows of samples, or null for all of them. */
  weigh(rows: Int32Array | null): Part {
    const {self, total, selfSamples, totalSamples, used} = this;
    const {parent} = this.merged;
    used[0] = 1;
    this.put(rows);
    let count = 1;
    for (let node = parent.length - 1; node > 0; node--) {
      if (used[node]) {
        const above = parent[node];
        total[node] += self[node];
        totalSamples[node] += selfSamples[node];
        used[above] = 1;
        total[above] += total[node];
        totalSamples[above] += totalSamples[node];
        count++;
      }
    }
    total[0] += self[0];
    totalSamples[0] += selfSamples[0];
    const nodes = new Int32Array(count);
    let filled = 0;
    for (let node = 0; node < parent.length; node++) {
      if (used[node]) {
        nodes[filled++] = node;
      }
    }
    used.fill(0);
    return {
      nodes,
      self: taken(self, nodes),
      total: taken(total, nodes),
      selfSamples: taken(selfSamples, nodes),
      totalSamples: taken(totalSamples, nodes),
      hidden: this.hidden === null ? null : taken(this.hidden, nodes),
    };
  }

  private put(rows: Int32Array | null): void {
    const {self, selfSamples, used} = this;
    const {stack, weight, count} = this.tables.samples;
    const {nodeOf} = this.merged;
    const length = rows === null ? stack.length : rows.length;
    for (let at = 0; at < length; at++) {
      const row = rows === null ? at : rows[at];
      const node = stack[row] < 0 ? 0 : nodeOf[stack[row]];
      self[node] += weight[row];
      selfSamples[node] += count === null ? 1 : count[row];
      used[node] = 1;
    }
    if (this.hidden !== null) {
      this.conceal(rows, this.hidden, this.tables.stacks.hidden!);
    }
  }

  private conceal(rows: Int32Array | null, sums: Float64Array, hidden: Int32Array): void {
    const {stack} = this.tables.samples;
    const seen = new Uint8Array(hidden.length);
    const length = rows === null ? stack.length : rows.length;
    for (let at = 0; at < length; at++) {
      const leaf = stack[rows === null ? at : rows[at]];
      if (leaf >= 0 && !seen[leaf]) {
        seen[leaf] = 1;
        sums[this.merged.leafOf[leaf]] += hidden[leaf];
      }
    }
  }
}

/** Takes the values at `places` out: they are 0 afterwards. */
function taken(column: Float64Array, places: Int32Array): Float64Array {
  const values = new Float64Array(places.length);
  for (let at = 0; at < places.length; at++) {
    values[at] = column[places[at]];
    column[places[at]] = 0;
  }
  return values;
}

/** One tree, or the trees of threads side by side under one root, level by level. */
function arrange(merged: Merged, parts: readonly Part[], threads: readonly number[] | null): CallTree {
  const size = parts.reduce((sum, {nodes}) => sum + nodes.length, threads === null ? 0 : 1);
  const tree = {
    parent: new Int32Array(size),
    function: new Int32Array(size).fill(-1),
    line: new Int32Array(size),
    thread: new Int32Array(size).fill(-1),
    self: new Float64Array(size),
    total: new Float64Array(size),
    selfSamples: new Float64Array(size),
    totalSamples: new Float64Array(size),
    hidden: new Float64Array(size),
  };
  tree.parent[0] = -1;
  const filled = parts.map(() => 0);
  // Where the nodes of the merged tree came to stand: a parent comes before its children.
  const places = parts.map(({nodes}) => new Int32Array(nodes.length));
  const parents = parts.map(({nodes}) => parentsWithin(merged, nodes));
  let at = threads === null ? 0 : 1;
  for (let depth = 0; at < size; depth++) {
    const end = merged.levels[depth + 1];
    parts.forEach((part, index) => {
      const {nodes} = part;
      let next = filled[index];
      for (; next < nodes.length && nodes[next] < end; next++, at++) {
        places[index][next] = at;
        const node = nodes[next];
        if (node > 0) {
          tree.parent[at] = places[index][parents[index][next]];
          tree.function[at] = merged.function[node];
          tree.line[at] = merged.line[node];
        } else if (threads !== null) {
          tree.thread[at] = threads[index];
          tree.total[0] += part.total[0];
          tree.totalSamples[0] += part.totalSamples[0];
        }
        tree.self[at] = part.self[next];
        tree.total[at] = part.total[next];
        tree.selfSamples[at] = part.selfSamples[next];
        tree.totalSamples[at] = part.totalSamples[next];
        tree.hidden[at] = part.hidden === null ? 0 : part.hidden[next];
      }
      filled[index] = next;
    });
  }
  return tree;
}

/** For each of some nodes, where in their list its parent is: parents stand in the same order. */
function parentsWithin({parent}: Merged, nodes: Int32Array): Int32Array {
  const within = new Int32Array(nodes.length);
  let place = 0;
  for (let at = 1; at < nodes.length; at++) {
    while (nodes[place] !== parent[nodes[at]]) {
      place++;
    }
    within[at] = place;
  }
  return within;
}
