// Which thread's a node is.
import type {CallTree} from "./calltree";
import type {FoldOptions} from "./fold";
import {mergedStacks} from "./merged";
import type {Tables} from "./tables";

/** Below the node are samples of several threads. */
export const SEVERAL = -2;
/** Below the node are no samples. */
export const NOBODY = -1;

/**
 * For each node of the tree that `fold(tables, options)` gives, the row of the threads table of
 * all samples in it, or `SEVERAL` or `NOBODY`.
 */
export function threadOf(tables: Tables, tree: CallTree, options: FoldOptions): Int32Array {
  return options.splitThreads ? byAncestor(tree) : bySamples(tables, tree, options);
}

function byAncestor(tree: CallTree): Int32Array {
  const owners = tree.thread.slice();
  for (let node = 1; node < owners.length; node++) {
    if (owners[node] < 0) {
      owners[node] = owners[tree.parent[node]];
    } else {
      owners[0] = both(owners[0], owners[node]);
    }
  }
  return owners;
}

function bySamples(tables: Tables, tree: CallTree, {merge, inverted}: FoldOptions): Int32Array {
  const {nodeOf, parent} = mergedStacks(tables, merge, inverted);
  const {stack, thread} = tables.samples;
  const all = new Int32Array(parent.length).fill(NOBODY);
  for (let row = 0; row < stack.length; row++) {
    const node = stack[row] < 0 ? 0 : nodeOf[stack[row]];
    all[node] = both(all[node], thread[row]);
  }
  for (let node = all.length - 1; node > 0; node--) {
    all[parent[node]] = both(all[parent[node]], all[node]);
  }
  // The tree has the nodes of samples, and the root, in the same order.
  const owners = new Int32Array(tree.parent.length);
  let filled = 0;
  for (let node = 0; node < all.length; node++) {
    if (node === 0 || all[node] !== NOBODY) {
      owners[filled++] = all[node];
    }
  }
  return owners;
}

function both(a: number, b: number): number {
  return a === NOBODY || a === b ? b : b === NOBODY ? a : SEVERAL;
}
