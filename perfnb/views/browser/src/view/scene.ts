// What is shown: the folded tree, its boxes, their names, and what the search found.
import {follow, ROOT, type CallTree} from "../core/calltree";
import {fold, type FoldOptions} from "../core/fold";
import {nodeLabel, type Label} from "../core/labels";
import {boxAt, layout, rowCount, type Layout} from "../core/layout";
import {search, type SearchError, type SearchHit} from "../core/search";
import type {Tables} from "../core/tables";

export class Scene {
  readonly tree: CallTree;
  readonly boxes: Layout;
  private found: SearchHit | SearchError | null = null;
  private readonly labels = new Map<number, Label>();
  private matches: Int32Array | null = null;

  constructor(
    readonly tables: Tables,
    readonly options: FoldOptions,
  ) {
    this.tree = fold(tables, options);
    this.boxes = layout(this.tree);
  }

  get rows(): number {
    return rowCount(this.boxes);
  }

  get isEmpty(): boolean {
    return this.tree.total[ROOT] <= 0;
  }

  label(node: number): Label {
    let label = this.labels.get(node);
    if (label === undefined) {
      label = nodeLabel(this.tables, this.tree, node);
      this.labels.set(node, label);
    }
    return label;
  }

  /** The node of this scene for a node of the scene before it. */
  counterpart(old: Scene, node: number): number {
    return old.tables === this.tables && old.options.inverted === this.options.inverted
      ? follow(this.tree, old.tree, node)
      : ROOT;
  }

  search(pattern: string): void {
    this.found = pattern === "" ? null : search(this.tree, this.tables, pattern);
    this.matches = null;
  }

  get hit(): SearchHit | null {
    return this.found?.ok ? this.found : null;
  }

  get searchError(): string | null {
    return this.found && !this.found.ok ? this.found.error : null;
  }

  isMatch(node: number): boolean {
    return this.hit !== null && this.hit.matched[node] === 1;
  }

  /** Matching nodes, the heaviest first. */
  get ranking(): Int32Array {
    if (this.matches === null) {
      const nodes: number[] = [];
      this.hit?.matched.forEach((flag, node) => {
        if (flag) {
          nodes.push(node);
        }
      });
      const {total} = this.tree;
      this.matches = Int32Array.from(nodes).sort((a, b) => total[b] - total[a] || a - b);
    }
    return this.matches;
  }

  /** Whether `node` is above `other`, or is it. */
  covers(node: number, other: number): boolean {
    let at = other;
    while (this.boxes.depth[at] > this.boxes.depth[node]) {
      at = this.tree.parent[at];
    }
    return at === node;
  }

  /**
   * The box at a point; where boxes are thinner than `reach`, the widest one within reach, since
   * nobody points at a third of a pixel.
   */
  at(row: number, x: number, reach: number): number {
    const {boxes} = this;
    const hit = boxAt(boxes, row, x);
    if (hit >= 0 && boxes.width[hit] >= reach) {
      return hit;
    }
    if (row < 0 || row >= this.rows) {
      return -1;
    }
    let best = hit;
    for (const side of [boxAt(boxes, row, x - reach), boxAt(boxes, row, x + reach)]) {
      if (side >= 0 && (best < 0 || boxes.width[side] > boxes.width[best])) {
        best = side;
      }
    }
    return best;
  }
}
