// Self, total and samples of each function.
import {outermost, picked, sumBy} from "./outermost";
import type {Tables} from "./tables";
import {comparePoints} from "./text";

export interface FunctionTable {
  readonly tables: Tables;
  /** The functions that have samples: the largest self first, then the largest total, then by name. */
  readonly ids: Int32Array;
  /** These stand as `ids` do. A function that is on a stack several times counts once. */
  readonly self: Float64Array;
  readonly total: Float64Array;
  readonly selfSamples: Float64Array;
  readonly totalSamples: Float64Array;
  /** The sum of all weights. */
  readonly whole: number;
}

export function functionTable(tables: Tables): FunctionTable {
  const {strings, functions} = tables;
  const {ofStack, flags} = functionsOfStacks(tables);
  const size = functions.name.length;
  const {self, total, selfSamples, totalSamples} = sumBy(tables, ofStack, flags, size);
  const ids = Int32Array.from(functions.name, (_, id) => id).filter((id) => totalSamples[id] > 0);
  ids.sort((a, b) => self[b] - self[a] || total[b] - total[a] || comparePoints(nameOf(a), nameOf(b)) || a - b);
  return {
    tables,
    ids,
    self: picked(self, ids),
    total: picked(total, ids),
    selfSamples: picked(selfSamples, ids),
    totalSamples: picked(totalSamples, ids),
    whole: tables.samples.weight.reduce((sum, weight) => sum + weight, 0),
  };

  function nameOf(id: number): string {
    return strings[functions.name[id]];
  }
}

/** The row of the function, or −1 if the profile has none such. */
export function findFunction(
  {strings, kinds, functions}: Tables,
  wanted: {readonly name: string; readonly file: string; readonly module: string; readonly kind: string},
): number {
  return functions.name.findIndex(
    (name, id) =>
      strings[name] === wanted.name &&
      strings[functions.file[id]] === wanted.file &&
      strings[functions.module[id]] === wanted.module &&
      kinds[functions.kind[id]] === wanted.kind,
  );
}

interface OfStacks {
  readonly ofStack: Int32Array;
  readonly flags: Uint8Array;
}

/** What does not depend on which samples are chosen is found once. */
const KNOWN = new WeakMap<Tables["stacks"], OfStacks>();

function functionsOfStacks({functions, frames, stacks}: Tables): OfStacks {
  let known = KNOWN.get(stacks);
  if (known === undefined) {
    const ofStack = stacks.frame.map((frame) => frames.function[frame]);
    known = {ofStack, flags: outermost(stacks, ofStack, functions.name.length)};
    KNOWN.set(stacks, known);
  }
  return known;
}
