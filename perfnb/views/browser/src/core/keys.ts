// What makes two frames the same node under one parent, and the order of a parent's children.
import {isCellFile} from "./cells";
import {PairMap} from "./pairmap";
import type {Tables} from "./tables";

/**
 * `function`: one node for a function; `line`: one for a line of a function;
 * `cell`: lines in the notebook's own cells, functions everywhere else.
 */
export type Merge = "cell" | "line" | "function";

/** Keys are numbered in the order in which siblings are drawn. */
export interface FrameKeys {
  /** The key of each frame. */
  readonly ofFrame: Int32Array;
  /** The function and the line (0: merged or unknown) of each key. */
  readonly function: Int32Array;
  readonly line: Int32Array;
}

const KEYS = new WeakMap<Tables["frames"], Map<Merge, FrameKeys>>();

export function frameKeys(tables: Tables, merge: Merge): FrameKeys {
  let known = KEYS.get(tables.frames);
  if (known === undefined) {
    KEYS.set(tables.frames, (known = new Map()));
  }
  let keys = known.get(merge);
  if (keys === undefined) {
    keys = makeKeys(tables, merge);
    known.set(merge, keys);
  }
  return keys;
}

function makeKeys(tables: Tables, merge: Merge): FrameKeys {
  const {strings, functions, frames} = tables;
  const byLine = new Uint8Array(functions.name.length);
  for (let id = 0; id < byLine.length; id++) {
    byLine[id] = merge === "line" || (merge === "cell" && isCellFile(strings[functions.file[id]])) ? 1 : 0;
  }
  const pairs = new PairMap(frames.function.length);
  const met = new Int32Array(frames.function.length);
  for (let frame = 0; frame < met.length; frame++) {
    const id = frames.function[frame];
    met[frame] = pairs.index(id, byLine[id] ? frames.line[frame] : 0);
  }
  const [ids, lines] = [pairs.firsts(), pairs.seconds()];
  const ranks = functionRanks(tables);
  const order = Int32Array.from(ids, (_, key) => key);
  order.sort((a, b) => ranks[ids[a]] - ranks[ids[b]] || lines[a] - lines[b]);
  const place = new Int32Array(order.length);
  for (let at = 0; at < order.length; at++) {
    place[order[at]] = at;
  }
  return {
    ofFrame: met.map((key) => place[key]),
    function: order.map((key) => ids[key]),
    line: order.map((key) => lines[key]),
  };
}

const RANKS = new WeakMap<Tables["functions"], Int32Array>();

/** Each function's place in the order (name, file, module, kind), strings by UTF-16 code units. */
function functionRanks({strings, functions}: Tables): Int32Array {
  const known = RANKS.get(functions);
  if (known !== undefined) {
    return known;
  }
  const {name, file, module, kind} = functions;
  const ids = Int32Array.from(name, (_, id) => id);
  const text = (a: number, b: number): number => (a === b ? 0 : compare(strings[a], strings[b]));
  ids.sort(
    (a, b) => text(name[a], name[b]) || text(file[a], file[b]) || text(module[a], module[b]) || kind[a] - kind[b],
  );
  const ranks = new Int32Array(ids.length);
  ids.forEach((id, rank) => {
    ranks[id] = rank;
  });
  RANKS.set(functions, ranks);
  return ranks;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
