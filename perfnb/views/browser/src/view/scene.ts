// What is shown: a tree, its boxes, their names, and what the search found.
import {follow, ROOT, type CallTree} from "../core/calltree";
import {fold, type FoldOptions} from "../core/fold";
import {nodeLabel, type Label} from "../core/labels";
import {boxAt, layout, rowCount, type Layout} from "../core/layout";
import {NOBODY, threadOf} from "../core/owner";
import {stateTotals, type StateTotals} from "../core/nodestates";
import {search, type SearchError, type SearchHit} from "../core/search";
import type {Tables, Unit} from "../core/tables";
import {idOf, refOf} from "./engine";

/** What the widths are. */
export interface Measure {
  readonly unit: Unit;
  readonly kind: string;
}

export class Scene {
  private found: SearchHit | SearchError | null = null;
  private readonly labels = new Map<number, Label>();
  private matches: Int32Array | null = null;

  private constructor(
    readonly tables: Tables,
    readonly tree: CallTree,
    readonly boxes: Layout,
    readonly options: FoldOptions,
    /** False where a kernel has more detail than is here. */
    readonly complete: boolean,
    readonly measure: Measure,
    /** Instead of "all". */
    private readonly rootName: string | null,
    /** How the tree was really folded. */
    private readonly folded: FoldOptions = options,
    /** Of boxes in time order; what is folded is found when it is asked for. */
    private totals: StateTotals | null | undefined = undefined,
  ) {}

  static of(tables: Tables, options: FoldOptions): Scene {
    return Scene.from(tables, fold(tables, options), options, true);
  }

  /** Of a tree that was folded elsewhere. */
  static from(tables: Tables, tree: CallTree, options: FoldOptions, complete: boolean): Scene {
    return new Scene(tables, tree, layout(tree), options, complete, tables.value, null);
  }

  /** Boxes in time order: widths are times, whatever the profile's weights are. */
  static inTime(tables: Tables, tree: CallTree, boxes: Layout, options: FoldOptions, states: StateTotals | null): Scene {
    return new Scene(tables, tree, boxes, options, true, {unit: "ns", kind: "time"}, null, options, states);
  }

  /** The same under another name for the root; `inverted` says that it stands leaf first. */
  named(root: string, inverted = this.options.inverted): Scene {
    const options = {...this.options, inverted};
    return new Scene(this.tables, this.tree, this.boxes, options, this.complete, this.measure, root, this.folded);
  }

  /** Whose each node is: see `threadOf`. Where the samples are elsewhere, nobody's. */
  owners(): Int32Array {
    if (this.tables.samples.thread.length === 0 && !this.folded.splitThreads) {
      return new Int32Array(this.tree.parent.length).fill(NOBODY);
    }
    return threadOf(this.tables, this.tree, this.folded);
  }

  /** What each node has of each state: see `stateTotals`. */
  states(): StateTotals | null {
    if (this.totals === undefined) {
      this.totals = this.complete ? stateTotals(this.tables, this.folded) : null;
    }
    return this.totals;
  }

  /** What a node has of each state, most first; empty unless states were asked for before. */
  statesAt(node: number): {readonly state: string; readonly part: number}[] {
    const parts = (this.totals ?? []).map((total, at) => ({state: this.tables.states[at], part: total?.[node] ?? 0}));
    return parts.filter(({part}) => part > 0).sort((a, b) => b.part - a.part);
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
      label =
        node === ROOT && this.rootName !== null
          ? {name: this.rootName, detail: ""}
          : nodeLabel(this.tables, this.tree, node);
      this.labels.set(node, label);
    }
    return label;
  }

  /** The node of this scene for a node of the scene before it. */
  counterpart(old: Scene, node: number): number {
    if (old.options.inverted !== this.options.inverted) {
      return ROOT;
    }
    const [here, there] = [this.tables, old.tables];
    // Filters that put other functions in the place of some give all of them new numbers.
    const same = here.functions === there.functions && here.strings === there.strings;
    return follow(this.tree, old.tree, node, same ? null : (id) => idOf(here, refOf(there, id)));
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

  /** The widest box of a function, or −1. */
  widest(id: number): number {
    const {tree} = this;
    let best = -1;
    for (let node = 0; id >= 0 && node < tree.function.length; node++) {
      if (tree.function[node] === id && (best < 0 || tree.total[node] > tree.total[best])) {
        best = node;
      }
    }
    return best;
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
