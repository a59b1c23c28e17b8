// What parts of a profile are of the whole, as menus tell it.
import {formatShare} from "../core/format";
import {weightBy} from "../core/select";
import type {Tables} from "../core/tables";

export interface Shares {
  /** Those that have any weight, the heaviest first. */
  readonly present: readonly number[];
  /** What each is of the whole, as text; empty where samples are not in the page. */
  share(at: number): string;
}

const known = new WeakMap<Tables, Map<string, Shares>>();

/** Menus are looked at with every movement; the samples are added up once. */
export function shares(what: string, tables: Tables, size: number, keys: () => ArrayLike<number>): Shares {
  let all = known.get(tables);
  if (all === undefined) {
    known.set(tables, (all = new Map()));
  }
  let found = all.get(what);
  if (found === undefined) {
    all.set(what, (found = added(tables, size, keys)));
  }
  return found;
}

function added(tables: Tables, size: number, keys: () => ArrayLike<number>): Shares {
  const {weight} = tables.samples;
  const all = Array.from({length: size}, (_, at) => at);
  if (weight.length === 0) {
    return {present: all, share: () => ""};
  }
  const weights = weightBy(keys(), weight, size);
  const whole = weights.reduce((sum, value) => sum + value, 0);
  const present = all.filter((at) => weights[at] > 0).sort((a, b) => weights[b] - weights[a] || a - b);
  return {present, share: (at) => ` — ${formatShare(weights[at] / whole)}`};
}
