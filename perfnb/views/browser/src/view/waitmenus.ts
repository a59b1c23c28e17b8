// The menus for profiles of waits: how long they lasted, and what was waited for.
import {formatShare} from "../core/format";
import {formatLength} from "../core/length";
import {reasonNames, reasonsOf} from "../core/reasons";
import type {Tables} from "../core/tables";
import {find, lengthInWords, withFilter, withoutKind} from "./edits";
import type {Choice, Menu} from "./menus";
import type {Settings} from "./settings";
import {shares} from "./shares";

/** Nanoseconds. */
const LENGTHS = [1e6, 1e7, 1e8, 1e9];

export function durationMenu(tables: Tables, {filters}: Settings): Menu | null {
  if (tables.samples.duration === null) {
    return null;
  }
  const one = find(filters, "duration");
  const choices: Choice[] = [
    {label: "All durations", patch: {filters: withoutKind(filters, "duration")}, chosen: one === undefined},
  ];
  for (const from of LENGTHS) {
    const share = shareFrom(tables, from);
    const chosen = one?.from === from && one.to === undefined;
    if (share !== 0 || chosen) {
      const label = `≥ ${formatLength(from)}`;
      const patch = {filters: withFilter(filters, {kind: "duration", from})};
      choices.push({label: share === null ? label : `${label} — ${formatShare(share)}`, patch, chosen});
    }
  }
  if (one !== undefined && !choices.some(({chosen}) => chosen)) {
    choices.push({label: lengthInWords(one), patch: {}, chosen: true});
  }
  choices.push({label: "Other durations…", patch: {}, chosen: false, more: true});
  return {name: "Durations", choices};
}

const KNOWN = new WeakMap<Tables, Map<number, number>>();

/** What lasts at least so long is of the whole; null where the samples are elsewhere. */
function shareFrom(tables: Tables, from: number): number | null {
  const {duration, weight} = tables.samples;
  if (duration === null || weight.length === 0) {
    return null;
  }
  let known = KNOWN.get(tables);
  if (known === undefined) {
    KNOWN.set(tables, (known = new Map()));
  }
  let share = known.get(from);
  if (share === undefined) {
    let [sum, whole] = [0, 0];
    for (let row = 0; row < weight.length; row++) {
      whole += weight[row];
      sum += duration[row] >= from ? weight[row] : 0;
    }
    known.set(from, (share = whole > 0 ? sum / whole : 0));
  }
  return share;
}

export interface Reason {
  readonly name: string;
  /** Of all samples, those that wait for nothing among them; "" where they are elsewhere. */
  readonly share: string;
}

/** What is waited for in a profile, most first. */
export function reasonsIn(tables: Tables): Reason[] {
  const names = reasonNames(tables);
  const {present, share} = shares("reasons", tables, names.length + 1, () => {
    const place = new Map(names.map((name, at) => [name, at]));
    const of = reasonsOf(tables);
    const {strings, functions, samples} = tables;
    return Int32Array.from(samples.stack, (stack) => {
      const id = stack < 0 ? -1 : of[stack];
      return id < 0 ? names.length : place.get(strings[functions.name[id]])!;
    });
  });
  return present.filter((at) => at < names.length).map((at) => ({name: names[at], share: share(at)}));
}

export function reasonMenu(tables: Tables, {filters}: Settings): Menu | null {
  const reasons = reasonsIn(tables);
  if (reasons.length === 0) {
    return null;
  }
  const one = find(filters, "reason");
  const choices: Choice[] = [
    {label: "All reasons", patch: {filters: withoutKind(filters, "reason")}, chosen: one === undefined},
  ];
  for (const {name, share} of reasons) {
    choices.push({
      label: `${name}${share}`,
      patch: {filters: withFilter(filters, {kind: "reason", reasons: [name]})},
      chosen: one?.reasons.length === 1 && one.reasons[0] === name,
    });
  }
  if (one !== undefined && !choices.some(({chosen}) => chosen)) {
    choices.push({label: one.reasons.join(" + ") || "no reason", patch: {}, chosen: true});
  }
  if (reasons.length > 1) {
    choices.push({label: "Several reasons…", patch: {}, chosen: false, more: true});
  }
  return {name: "Reasons", choices};
}
