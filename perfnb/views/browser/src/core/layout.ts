// A call tree as boxes: x and width in the profile's own unit, depth in rows. No pixels here.
import type {CallTree} from "./calltree";

export interface Layout {
  readonly depth: Int32Array;
  readonly x: Float64Array;
  readonly width: Float64Array;
  /** The boxes of row d are those from `rows[d]` up to `rows[d + 1]`, left to right. */
  readonly rows: Int32Array;
  readonly extent: number;
}

/**
 * Children stand side by side from their parent's left edge; what is left over on the right is
 * the parent's own. Nodes are breadth-first already, so boxes come sorted by (depth, x).
 */
export function layout(tree: CallTree): Layout {
  const size = tree.parent.length;
  const depth = new Int32Array(size);
  const x = new Float64Array(size);
  const next = new Float64Array(size);
  const rows = [0];
  for (let node = 1; node < size; node++) {
    const parent = tree.parent[node];
    depth[node] = depth[parent] + 1;
    x[node] = next[parent];
    next[node] = x[node];
    next[parent] += tree.total[node];
    if (depth[node] === rows.length) {
      rows.push(node);
    }
  }
  rows.push(size);
  return {depth, x, width: tree.total, rows: Int32Array.from(rows), extent: tree.total[0]};
}

export function rowCount(boxes: Layout): number {
  return boxes.rows.length - 1;
}

/** The first box of the row that ends to the right of `x`; the row's end if there is none. */
export function firstEndingAfter({x: left, width, rows}: Layout, row: number, x: number): number {
  let [low, high] = [rows[row], rows[row + 1]];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (left[middle] + width[middle] <= x) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

/** The box of the row that covers `x`, or −1. */
export function boxAt(boxes: Layout, row: number, x: number): number {
  if (row < 0 || row >= rowCount(boxes)) {
    return -1;
  }
  const box = firstEndingAfter(boxes, row, x);
  return box < boxes.rows[row + 1] && boxes.x[box] <= x ? box : -1;
}
