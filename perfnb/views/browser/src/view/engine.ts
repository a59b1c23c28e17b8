// Where the views' numbers come from: the tables embedded in the page, or a kernel. Views compute
// nothing from samples themselves, so that both look and count alike.
import type {Chart} from "../core/chart";
import type {Filter} from "../core/filters";
import type {FunctionTable} from "../core/functions";
import type {Merge} from "../core/keys";
import type {LineTable} from "../core/lines";
import type {Tables} from "../core/tables";
import type {Lanes} from "../core/timeline";
import type {Scene} from "./scene";

export interface Query {
  readonly filters: readonly Filter[];
  readonly merge: Merge;
  readonly inverted: boolean;
  readonly splitThreads: boolean;
}

/** A function by what it is called, whatever tables it stands in. */
export interface FunctionRef {
  readonly name: string;
  readonly file: string;
  readonly module: string;
  readonly kind: string;
}

export interface SourceAnswer {
  readonly file: string;
  /** What must be said about the text: that the file has changed, or why there is none. */
  readonly note: string;
  readonly chunks: readonly {readonly first: number; readonly lines: readonly string[]}[];
  readonly lines: LineTable;
  /** The sum of all weights, for shares. */
  readonly whole: number;
  /** Of the function itself: the sums over its lines may count a stack several times. */
  readonly self: number;
  readonly total: number;
}

export interface ChartAnswer extends Chart {
  readonly tables: Tables;
  /** Why nothing is drawn, if there are too many samples for it; else empty. */
  readonly refusal?: string;
}

export interface Watcher {
  /** Why a question could not be answered; what was shown stays. */
  trouble(message: string): void;
  /** How far an answer that takes long has come, 0 to 1; null when it is there. */
  progress(fraction: number | null, text: string): void;
}

/** A newer call of a method makes older answers of it void. */
export interface Engine {
  /** Threads, kinds, states, value and meta of the whole profile; stacks and samples may be elsewhere. */
  readonly tables: Tables;
  tree(query: Query, done: (scene: Scene) => void): void;
  /** The scene again with more detail below a node; never asked of a complete scene. */
  closer(query: Query, scene: Scene, node: number, done: (scene: Scene) => void): void;
  functions(query: Query, done: (table: FunctionTable) => void): void;
  /** Time filters are left out: the lanes show where there is something to choose. */
  lanes(query: Query, bins: number, done: (lanes: Lanes) => void): void;
  chart(query: Query, thread: number, from: number, to: number, done: (chart: ChartAnswer) => void): void;
  sandwich(query: Query, ref: FunctionRef, done: (callers: Scene, callees: Scene) => void): void;
  source(query: Query, ref: FunctionRef, done: (source: SourceAnswer) => void): void;
  /** Only where answers come later; others throw. */
  watch?(watcher: Watcher): void;
  dispose?(): void;
}

export function refOf({strings, kinds, functions}: Tables, id: number): FunctionRef {
  return {
    name: strings[functions.name[id]],
    file: strings[functions.file[id]],
    module: strings[functions.module[id]],
    kind: kinds[functions.kind[id]],
  };
}

export function sameRef(a: FunctionRef | null, b: FunctionRef | null): boolean {
  return a === b || (a !== null && b !== null && keyOf(a) === keyOf(b));
}

const known = new WeakMap<Tables["functions"], Map<string, number>>();

/** The function's row in these tables, or −1: filters may have put another in its place. */
export function idOf(tables: Tables, ref: FunctionRef | null): number {
  if (ref === null) {
    return -1;
  }
  let ids = known.get(tables.functions);
  if (ids === undefined) {
    ids = new Map();
    for (let id = 0; id < tables.functions.name.length; id++) {
      ids.set(keyOf(refOf(tables, id)), id);
    }
    known.set(tables.functions, ids);
  }
  return ids.get(keyOf(ref)) ?? -1;
}

function keyOf({name, file, module, kind}: FunctionRef): string {
  return JSON.stringify([name, file, module, kind]);
}
