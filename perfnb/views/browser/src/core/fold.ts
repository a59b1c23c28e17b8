// Samples to a call tree: the same rules, and the same result, as perfnb's fold in Python.
import type {CallTree} from "./calltree";
import {frameKeys, functionRanks, type Merge} from "./keys";
import {PairMap} from "./pairmap";
import {byThread, selectRows, type Selection} from "./select";
import type {Tables} from "./tables";

export interface FoldOptions extends Selection {
  /** Leaf first: who called what is hot. */
  readonly inverted: boolean;
  readonly merge: Merge;
  /** One node per thread under the root. */
  readonly splitThreads: boolean;
}

/** Stands in the place of a frame's key for the thread `NOT_A_KEY - thread`. */
const NOT_A_KEY = -1;
const ROOT_KEY = -1;

export function fold(tables: Tables, options: FoldOptions): CallTree {
  const keys = frameKeys(tables, options.merge);
  const builder = new TreeBuilder(tables, keys.ofFrame);
  const rows = selectRows(tables, options);
  if (options.splitThreads) {
    for (const [thread, group] of byThread(tables, rows)) {
      builder.add(group, builder.threadNode(thread), options.inverted);
    }
  } else {
    builder.add(rows, 0, options.inverted);
  }
  const nodes = builder.finish();
  const ranks = functionRanks(tables);
  const order = breadthFirst(nodes.parent, (a, b) => {
    const [x, y] = [nodes.key[a], nodes.key[b]];
    if (x < 0 || y < 0) {
      return y - x;
    }
    return ranks[keys.function[x]] - ranks[keys.function[y]] || keys.line[x] - keys.line[y];
  });
  return arrange(nodes, order, keys);
}

interface Nodes {
  readonly parent: Int32Array;
  readonly key: Int32Array;
  readonly self: Float64Array;
  readonly selfSamples: Float64Array;
  readonly hidden: Float64Array;
}

/** Nodes in the order in which they were met: a parent always before its children. */
class TreeBuilder {
  private readonly nodes = new PairMap();
  private self = new Float64Array(1024);
  private samples = new Float64Array(1024);
  private hidden = new Float64Array(1024);
  private readonly weights: Float64Array;
  private readonly counts: Float64Array;
  private readonly seen: Uint8Array;

  constructor(
    private readonly tables: Tables,
    private readonly keyOfFrame: Int32Array,
  ) {
    this.weights = new Float64Array(tables.stacks.parent.length);
    this.counts = new Float64Array(tables.stacks.parent.length);
    this.seen = new Uint8Array(tables.stacks.parent.length);
    this.nodes.index(-1, ROOT_KEY);
  }

  threadNode(thread: number): number {
    return this.child(0, NOT_A_KEY - 1 - thread);
  }

  add(rows: Int32Array, base: number, inverted: boolean): void {
    const {stack, weight, count} = this.tables.samples;
    for (const row of rows) {
      const samples = count === null ? 1 : count[row];
      if (stack[row] < 0) {
        this.self[base] += weight[row];
        this.samples[base] += samples;
      } else {
        this.weights[stack[row]] += weight[row];
        this.counts[stack[row]] += samples;
        this.seen[stack[row]] = 1;
      }
    }
    if (inverted) {
      this.addLeafFirst(base);
    } else {
      this.addRootFirst(base);
    }
    this.weights.fill(0);
    this.counts.fill(0);
    this.seen.fill(0);
  }

  finish(): Nodes {
    const size = this.nodes.size;
    return {
      parent: this.nodes.firsts(),
      key: this.nodes.seconds(),
      self: this.self.subarray(0, size),
      selfSamples: this.samples.subarray(0, size),
      hidden: this.hidden.subarray(0, size),
    };
  }

  /** Stacks are a prefix tree already: one step per stack, after its parent's. */
  private addRootFirst(base: number): void {
    const {parent, frame} = this.tables.stacks;
    const needed = new Uint8Array(parent.length);
    for (let stack = parent.length - 1; stack >= 0; stack--) {
      needed[stack] |= this.seen[stack];
      if (needed[stack] && parent[stack] >= 0) {
        needed[parent[stack]] = 1;
      }
    }
    const nodeOf = new Int32Array(parent.length);
    for (let stack = 0; stack < parent.length; stack++) {
      if (needed[stack]) {
        const above = parent[stack] < 0 ? base : nodeOf[parent[stack]];
        nodeOf[stack] = this.child(above, this.keyOfFrame[frame[stack]]);
        this.credit(nodeOf[stack], stack);
        this.conceal(nodeOf[stack], stack);
      }
    }
  }

  private addLeafFirst(base: number): void {
    const {parent, frame} = this.tables.stacks;
    for (let stack = 0; stack < parent.length; stack++) {
      if (this.seen[stack]) {
        let node = this.child(base, this.keyOfFrame[frame[stack]]);
        this.conceal(node, stack);
        for (let at = parent[stack]; at >= 0; at = parent[at]) {
          node = this.child(node, this.keyOfFrame[frame[at]]);
        }
        this.credit(node, stack);
      }
    }
  }

  private credit(node: number, stack: number): void {
    this.self[node] += this.weights[stack];
    this.samples[node] += this.counts[stack];
  }

  private conceal(node: number, stack: number): void {
    if (this.tables.stacks.hidden !== null && this.seen[stack]) {
      this.hidden[node] += this.tables.stacks.hidden[stack];
    }
  }

  private child(parent: number, key: number): number {
    const node = this.nodes.index(parent, key);
    if (node >= this.self.length) {
      this.self = doubled(this.self);
      this.samples = doubled(this.samples);
      this.hidden = doubled(this.hidden);
    }
    return node;
  }
}

function doubled(array: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(array.length * 2);
  larger.set(array);
  return larger;
}

/** All nodes level by level, each parent's children sorted by `compare`. */
function breadthFirst(parent: Int32Array, compare: (a: number, b: number) => number): Int32Array {
  const size = parent.length;
  const starts = new Int32Array(size + 1);
  for (let node = 1; node < size; node++) {
    starts[parent[node] + 1]++;
  }
  for (let node = 0; node < size; node++) {
    starts[node + 1] += starts[node];
  }
  const children = new Int32Array(Math.max(0, size - 1));
  const next = starts.slice();
  for (let node = 1; node < size; node++) {
    children[next[parent[node]]++] = node;
  }
  const order = new Int32Array(size);
  let filled = 1;
  for (let at = 0; at < filled; at++) {
    const [first, end] = [starts[order[at]], starts[order[at] + 1]];
    const siblings = children.subarray(first, end);
    if (siblings.length > 1) {
      siblings.sort(compare);
    }
    order.set(siblings, filled);
    filled += siblings.length;
  }
  return order;
}

function arrange(
  nodes: Nodes,
  order: Int32Array,
  keys: {readonly function: Int32Array; readonly line: Int32Array},
): CallTree {
  const size = order.length;
  const place = new Int32Array(size);
  order.forEach((node, at) => {
    place[node] = at;
  });
  const tree = {
    parent: new Int32Array(size),
    function: new Int32Array(size),
    line: new Int32Array(size),
    thread: new Int32Array(size),
    self: new Float64Array(size),
    total: new Float64Array(size),
    selfSamples: new Float64Array(size),
    totalSamples: new Float64Array(size),
    hidden: new Float64Array(size),
  };
  for (let at = 0; at < size; at++) {
    const node = order[at];
    const key = nodes.key[node];
    tree.parent[at] = nodes.parent[node] < 0 ? -1 : place[nodes.parent[node]];
    tree.function[at] = key < 0 ? -1 : keys.function[key];
    tree.line[at] = key < 0 ? 0 : keys.line[key];
    tree.thread[at] = key < ROOT_KEY ? NOT_A_KEY - 1 - key : -1;
    tree.self[at] = tree.total[at] = nodes.self[node];
    tree.selfSamples[at] = tree.totalSamples[at] = nodes.selfSamples[node];
    tree.hidden[at] = nodes.hidden[node];
  }
  for (let at = size - 1; at > 0; at--) {
    tree.total[tree.parent[at]] += tree.total[at];
    tree.totalSamples[tree.parent[at]] += tree.totalSamples[at];
  }
  return tree;
}
