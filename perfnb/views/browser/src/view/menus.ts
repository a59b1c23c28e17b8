// The menus of the toolbar: what can be chosen, given a profile.
import {isCellFile} from "../core/cells";
import {formatShare} from "../core/format";
import {threadLabel} from "../core/labels";
import {weightBy} from "../core/select";
import type {Tables} from "../core/tables";
import type {Settings} from "./settings";

export interface Choice {
  readonly label: string;
  readonly patch: Partial<Settings>;
  readonly chosen: boolean;
}

export interface Menu {
  readonly name: string;
  readonly choices: readonly Choice[];
}

/** More threads than this make a list that nobody reads: the heaviest are listed. */
const MOST_THREADS = 40;

export function menusFor(tables: Tables, settings: Settings): Menu[] {
  const menus = [mergeMenu(tables, settings), threadMenu(tables, settings), stateMenu(tables, settings), colorMenu(settings)];
  return menus.filter((menu) => menu !== null);
}

function mergeMenu({strings, functions}: Tables, {merge}: Settings): Menu {
  const hasCells = functions.file.some((file) => isCellFile(strings[file]));
  // Without cells, merging by their lines is merging by function.
  const shown = merge === "cell" && !hasCells ? "function" : merge;
  const choice = (value: Settings["merge"], label: string): Choice => ({
    label,
    patch: {merge: value},
    chosen: shown === value,
  });
  const choices = [choice("line", "Merge: lines"), choice("function", "Merge: functions")];
  return {
    name: "What makes one box",
    choices: hasCells ? [choice("cell", "Merge: cell lines"), ...choices] : choices,
  };
}

function colorMenu({colorBy}: Settings): Menu {
  const choice = (value: Settings["colorBy"], label: string): Choice => ({
    label,
    patch: {colorBy: value},
    chosen: colorBy === value,
  });
  return {
    name: "Colour",
    choices: [choice("name", "Colour: name"), choice("kind", "Colour: kind"), choice("module", "Colour: module")],
  };
}

function threadMenu(tables: Tables, {threads, splitThreads}: Settings): Menu | null {
  const weights = weightBy(tables.samples.thread, tables.samples.weight, tables.threads.length);
  const whole = weights.reduce((sum, weight) => sum + weight, 0);
  const present = Array.from(weights.keys()).filter((thread) => weights[thread] > 0);
  if (present.length < 2) {
    return null;
  }
  present.sort((a, b) => weights[b] - weights[a] || a - b);
  const choices: Choice[] = [
    {label: "All threads", patch: {threads: null, splitThreads: false}, chosen: threads === null && !splitThreads},
    {label: "Threads apart", patch: {threads: null, splitThreads: true}, chosen: threads === null && splitThreads},
  ];
  for (const thread of present.slice(0, MOST_THREADS)) {
    choices.push({
      label: `${threadLabel(tables.threads, thread)} — ${formatShare(weights[thread] / whole)}`,
      patch: {threads: [thread], splitThreads: false},
      chosen: threads?.length === 1 && threads[0] === thread,
    });
  }
  if (threads !== null && !choices.some(({chosen}) => chosen)) {
    choices.push({label: `${threads.length} threads`, patch: {threads}, chosen: true});
  }
  return {name: "Threads", choices};
}

function stateMenu(tables: Tables, {states}: Settings): Menu | null {
  const {state, weight} = tables.samples;
  if (state === null) {
    return null;
  }
  const weights = weightBy(state, weight, tables.states.length);
  const whole = weights.reduce((sum, value) => sum + value, 0);
  const present = Array.from(weights.keys()).filter((index) => weights[index] > 0);
  if (present.length < 2) {
    return null;
  }
  const choices: Choice[] = [{label: "All states", patch: {states: null}, chosen: states === null}];
  for (const index of present) {
    const name = tables.states[index];
    choices.push({
      label: `${name} — ${formatShare(weights[index] / whole)}`,
      patch: {states: [name]},
      chosen: states?.length === 1 && states[0] === name,
    });
  }
  if (states !== null && !choices.some(({chosen}) => chosen)) {
    choices.push({label: states.join(" + ") || "no state", patch: {states}, chosen: true});
  }
  return {name: "States", choices};
}
