// A call tree as columns. Nodes are in breadth-first order, children sorted: node 0 is the root,
// a parent comes before its children, and the nodes of one depth stand as they are drawn, left to right.

export interface CallTree {
  readonly parent: Int32Array;
  /** −1 for the root and for thread nodes. */
  readonly function: Int32Array;
  /** 0 where lines are merged or unknown. */
  readonly line: Int32Array;
  /** −1 but for thread nodes. */
  readonly thread: Int32Array;
  readonly self: Float64Array;
  readonly total: Float64Array;
  readonly selfSamples: Float64Array;
  readonly totalSamples: Float64Array;
  /** How many boxes too narrow to be drawn are summed in the node. */
  readonly hidden: Float64Array;
}

export const ROOT = 0;

/** From the root to the node, both included. */
export function pathTo(tree: CallTree, node: number): number[] {
  const path: number[] = [];
  for (let at = node; at >= 0; at = tree.parent[at]) {
    path.push(at);
  }
  return path.reverse();
}

/**
 * The node of `tree` that stands for `node` of `old`, as deep as the same path of frames goes.
 * Where they merge lines differently, the heaviest line of the same function is taken; where their
 * functions have other numbers, `renumber` tells the one in `tree`.
 */
export function follow(
  tree: CallTree,
  old: CallTree,
  node: number,
  renumber: ((id: number) => number) | null = null,
): number {
  const children = childRanges(tree);
  let at = ROOT;
  for (const step of pathTo(old, node).slice(1)) {
    let next = -1;
    const id = renumber === null || old.function[step] < 0 ? old.function[step] : renumber(old.function[step]);
    for (let child = children[at]; child < children[at + 1]; child++) {
      if (tree.function[child] !== id || tree.thread[child] !== old.thread[step]) {
        continue;
      }
      if (tree.line[child] === old.line[step]) {
        next = child;
        break;
      }
      if (next < 0 || tree.total[child] > tree.total[next]) {
        next = child;
      }
    }
    if (next < 0) {
      break;
    }
    at = next;
  }
  return at;
}

/** In breadth-first order a node's children are contiguous: from `[node]` up to `[node + 1]`. */
export function childRanges({parent}: CallTree): Int32Array {
  const starts = new Int32Array(parent.length + 1);
  let child = 1;
  for (let node = 0; node < parent.length; node++) {
    starts[node] = child;
    while (child < parent.length && parent[child] === node) {
      child++;
    }
  }
  starts[parent.length] = child;
  return starts;
}
