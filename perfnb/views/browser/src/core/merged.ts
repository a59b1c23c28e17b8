// All stacks of a profile merged into one tree, once: what samples are chosen changes the
// weights on it, not its order. A range can then be dragged along the time axis without a lookup.
import {frameKeys, type Merge} from "./keys";
import {PairMap} from "./pairmap";
import {seenStacks} from "./select";
import type {Tables} from "./tables";

/** Nodes in breadth-first order, siblings sorted; 0 is the root. */
export interface Merged {
  /** The node that the weight of each stack belongs to; −1 for stacks that no sample had. */
  readonly nodeOf: Int32Array;
  /** The node of each stack's leaf: the same, but where stacks are inverted. */
  readonly leafOf: Int32Array;
  readonly parent: Int32Array;
  readonly function: Int32Array;
  readonly line: Int32Array;
  /** The nodes of depth d are those from `levels[d]` up to `levels[d + 1]`. */
  readonly levels: Int32Array;
}

interface Entry {
  readonly merged: Merged;
  /** Inverted trees hold the stacks that samples had when they were built. */
  readonly seen: Uint8Array | null;
}

/** Samples are chosen without touching the stacks: tables that share these share the trees. */
const KNOWN = new WeakMap<Tables["stacks"], Map<string, Entry>>();

export function mergedStacks(tables: Tables, merge: Merge, inverted: boolean): Merged {
  const {stacks} = tables;
  let trees = KNOWN.get(stacks);
  if (trees === undefined) {
    KNOWN.set(stacks, (trees = new Map()));
  }
  const key = `${merge} ${inverted}`;
  const known = trees.get(key);
  const seen = inverted ? seenStacks(tables) : null;
  if (known !== undefined && (seen === null || includes(known.seen!, seen))) {
    return known.merged;
  }
  if (seen !== null && known !== undefined) {
    known.seen!.forEach((flag, stack) => {
      seen[stack] |= flag;
    });
  }
  const merged = build(tables, merge, seen);
  trees.set(key, {merged, seen});
  return merged;
}

function includes(all: Uint8Array, some: Uint8Array): boolean {
  for (let at = 0; at < some.length; at++) {
    if (some[at] > all[at]) {
      return false;
    }
  }
  return true;
}

const ROOT_KEY = -1;

/** `seen`: the stacks to put in leaf first; null for all of them, root first. */
function build(tables: Tables, merge: Merge, seen: Uint8Array | null): Merged {
  const {parent, frame} = tables.stacks;
  const keys = frameKeys(tables, merge);
  const size = parent.length;
  const nodes = new PairMap(size);
  nodes.index(-1, ROOT_KEY);
  const nodeOf = new Int32Array(size).fill(-1);
  const leafOf = seen === null ? nodeOf : new Int32Array(size).fill(-1);
  for (let stack = 0; stack < size; stack++) {
    if (seen === null) {
      // Stacks are a prefix tree already: one step each, after their parents'.
      const above = parent[stack] < 0 ? 0 : nodeOf[parent[stack]];
      nodeOf[stack] = nodes.index(above, keys.ofFrame[frame[stack]]);
    } else if (seen[stack]) {
      let node = nodes.index(0, keys.ofFrame[frame[stack]]);
      leafOf[stack] = node;
      for (let at = parent[stack]; at >= 0; at = parent[at]) {
        node = nodes.index(node, keys.ofFrame[frame[at]]);
      }
      nodeOf[stack] = node;
    }
  }
  const [above, key] = [nodes.firsts(), nodes.seconds()];
  const {order, levels} = breadthFirst(above, key, keys.function.length);
  const place = new Int32Array(order.length);
  for (let at = 0; at < order.length; at++) {
    place[order[at]] = at;
  }
  const moved = (column: Int32Array): Int32Array => column.map((node) => (node < 0 ? -1 : place[node]));
  return {
    nodeOf: moved(nodeOf),
    leafOf: moved(leafOf),
    parent: order.map((node) => (above[node] < 0 ? -1 : place[above[node]])),
    function: order.map((node) => (key[node] < 0 ? -1 : keys.function[key[node]])),
    line: order.map((node) => (key[node] < 0 ? 0 : keys.line[key[node]])),
    levels,
  };
}

/** All nodes level by level, each parent's children by their keys. */
function breadthFirst(
  parent: Int32Array,
  key: Int32Array,
  keys: number,
): {order: Int32Array; levels: Int32Array} {
  const size = parent.length;
  const {starts, sorted} = childrenByKey(parent, byKey(key, keys));
  const order = new Int32Array(size);
  const levels = [0];
  let filled = 1;
  for (let at = 0; at < filled; at++) {
    if (at === levels[levels.length - 1]) {
      levels.push(filled);
    }
    const end = starts[order[at] + 1];
    for (let child = starts[order[at]]; child < end; child++) {
      order[filled++] = sorted[child];
    }
  }
  return {order, levels: Int32Array.from(levels)};
}

/** All nodes but the root, by key: counted, not compared. */
function byKey(key: Int32Array, keys: number): Int32Array {
  const starts = new Int32Array(keys + 1);
  for (let node = 1; node < key.length; node++) {
    starts[key[node] + 1]++;
  }
  for (let at = 0; at < keys; at++) {
    starts[at + 1] += starts[at];
  }
  const nodes = new Int32Array(Math.max(0, key.length - 1));
  for (let node = 1; node < key.length; node++) {
    nodes[starts[key[node]]++] = node;
  }
  return nodes;
}

/** The children of a node are those from `starts[node]` up to `starts[node + 1]`, in the given order. */
function childrenByKey(parent: Int32Array, nodes: Int32Array): {starts: Int32Array; sorted: Int32Array} {
  const size = parent.length;
  const starts = new Int32Array(size + 1);
  for (let node = 1; node < size; node++) {
    starts[parent[node] + 1]++;
  }
  for (let node = 0; node < size; node++) {
    starts[node + 1] += starts[node];
  }
  const next = starts.slice(0, size);
  const sorted = new Int32Array(nodes.length);
  for (let at = 0; at < nodes.length; at++) {
    sorted[next[parent[nodes[at]]]++] = nodes[at];
  }
  return {starts, sorted};
}
