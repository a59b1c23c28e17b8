// The menus of the toolbar: what can be chosen, given a profile.
import {isCellFile} from "../core/cells";
import type {Filter} from "../core/filters";
import {threadLabel} from "../core/labels";
import type {ColorBy} from "../core/palette";
import type {Tables} from "../core/tables";
import {find, withFilter, withoutKind} from "./edits";
import type {Settings} from "./settings";
import {shares} from "./shares";
import {durationMenu, reasonMenu} from "./waitmenus";

export interface Choice {
  readonly label: string;
  readonly patch: Partial<Settings>;
  readonly chosen: boolean;
  /** Leads to the row of filters, where more can be told. */
  readonly more?: boolean;
}

export interface Menu {
  readonly name: string;
  readonly choices: readonly Choice[];
}

/** More threads than this make a list that nobody reads: the heaviest are listed. */
const MOST_THREADS = 40;

export function menusFor(tables: Tables, settings: Settings): Menu[] {
  const menus = [
    mergeMenu(tables, settings),
    processMenu(tables, settings),
    threadMenu(tables, settings),
    stateMenu(tables, settings),
    durationMenu(tables, settings),
    reasonMenu(tables, settings),
    colorMenu(tables, settings),
  ];
  return menus.filter((menu) => menu !== null);
}

function mergeMenu({strings, functions}: Tables, {merge, filters}: Settings): Menu {
  const hasCells = functions.file.some((file) => isCellFile(strings[file]));
  // Without cells, merging by their lines is merging by function.
  const shown = merge === "cell" && !hasCells ? "function" : merge;
  const by = find(filters, "by");
  const whole = withoutKind(filters, "by");
  const choice = (value: Settings["merge"], label: string): Choice => ({
    label,
    patch: by === undefined ? {merge: value} : {merge: value, filters: whole},
    chosen: by === undefined && shown === value,
  });
  const coarse = (what: "file" | "module", label: string): Choice => ({
    label,
    patch: {filters: withFilter(filters, {kind: "by", what})},
    chosen: by?.what === what,
  });
  const choices = [
    choice("line", "Merge: lines"),
    // Where lines of cells are merged by function anyhow, that is the default.
    hasCells ? choice("function", "Merge: functions") : {...choice("cell", "Merge: functions"), chosen: by === undefined && shown === "function"},
    coarse("file", "Merge: files"),
    coarse("module", "Merge: modules"),
  ];
  return {
    name: "What makes one box",
    choices: hasCells ? [choice("cell", "Merge: cell lines"), ...choices] : choices,
  };
}

const COLORS: readonly (readonly [ColorBy, string])[] = [
  ["name", "Colour: name"],
  ["kind", "Colour: kind"],
  ["module", "Colour: module"],
  ["self", "Colour: self"],
  ["thread", "Colour: thread"],
  ["state", "Colour: on/off CPU"],
];

function colorMenu(tables: Tables, {colorBy}: Settings): Menu {
  // Of samples that are in the kernel, the page does not know the states of boxes.
  const hasStates = (tables.samples.state?.length ?? 0) > 0;
  const offered = COLORS.filter(([value]) => value !== "state" || hasStates);
  const shown = offered.some(([value]) => value === colorBy) ? colorBy : "name";
  return {
    name: "Colour",
    choices: offered.map(([value, label]) => ({label, patch: {colorBy: value}, chosen: shown === value})),
  };
}

function threadMenu(tables: Tables, {filters, splitThreads}: Settings): Menu | null {
  const {present, share} = shares("threads", tables, tables.threads.length, () => tables.samples.thread);
  if (present.length < 2) {
    return null;
  }
  const one = find(filters, "thread");
  const without = withoutKind(filters, "thread");
  const choices: Choice[] = [
    {label: "All threads", patch: {filters: without, splitThreads: false}, chosen: one === undefined && !splitThreads},
    {label: "Threads apart", patch: {filters: without, splitThreads: true}, chosen: one === undefined && splitThreads},
  ];
  const listed = present.slice(0, MOST_THREADS);
  const chosen = tables.threads.findIndex(({tid, pid}) => tid === one?.tid && pid === one.pid);
  if (chosen >= 0 && !listed.includes(chosen)) {
    listed.push(chosen);
  }
  for (const thread of listed) {
    const {tid, pid} = tables.threads[thread];
    choices.push({
      label: `${threadLabel(tables.threads, thread)}${share(thread)}`,
      patch: {filters: withFilter(filters, {kind: "thread", tid, pid}), splitThreads: false},
      chosen: thread === chosen,
    });
  }
  return {name: "Threads", choices};
}

function processMenu(tables: Tables, {filters}: Settings): Menu | null {
  const pids = [...new Set(tables.threads.map(({pid}) => pid))];
  const of = new Map(pids.map((pid, at) => [pid, at]));
  const {present, share} = shares("processes", tables, pids.length, () => {
    const place = tables.threads.map(({pid}) => of.get(pid)!);
    return Int32Array.from(tables.samples.thread, (thread) => place[thread]);
  });
  if (present.length < 2) {
    return null;
  }
  const one = find(filters, "process");
  const choices: Choice[] = [
    {label: "All processes", patch: {filters: withoutKind(filters, "process")}, chosen: one === undefined},
  ];
  for (const at of present.slice(0, MOST_THREADS)) {
    const pid = pids[at];
    const name = tables.threads.find((thread) => thread.pid === pid)?.process ?? "";
    choices.push({
      label: `${name === "" ? "process" : name} ${pid}${share(at)}`,
      patch: {filters: withFilter(filters, {kind: "process", pid})},
      chosen: one?.pid === pid,
    });
  }
  return {name: "Processes", choices};
}

function stateMenu(tables: Tables, {filters}: Settings): Menu | null {
  const {state} = tables.samples;
  if (state === null) {
    return null;
  }
  const {present, share} = shares("states", tables, tables.states.length, () => state);
  if (present.length < 2) {
    return null;
  }
  const one = find(filters, "state");
  const choices: Choice[] = [
    {label: "All states", patch: {filters: withoutKind(filters, "state")}, chosen: one === undefined},
  ];
  for (const index of [...present].sort((a, b) => a - b)) {
    const name = tables.states[index];
    const filter: Filter = {kind: "state", states: [name]};
    choices.push({
      label: `${name}${share(index)}`,
      patch: {filters: withFilter(filters, filter)},
      chosen: one?.states.length === 1 && one.states[0] === name,
    });
  }
  if (one !== undefined && !choices.some(({chosen}) => chosen)) {
    choices.push({label: one.states.join(" + ") || "no state", patch: {}, chosen: true});
  }
  return {name: "States", choices};
}
