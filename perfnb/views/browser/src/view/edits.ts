// Changes to the list of filters, and how filters are written for people.
import {pathTo, type CallTree} from "../core/calltree";
import {isCellFile} from "../core/cells";
import {expression} from "../core/expression";
import type {DurationFilter, Filter, PatternKind} from "../core/filters";
import {formatLength} from "../core/length";
import {threadLabel} from "../core/labels";
import type {Tables} from "../core/tables";
import {formatRange} from "../core/ticks";
import type {FunctionRef} from "./engine";
import type {Scene} from "./scene";
import type {Settings} from "./settings";

/** Of these one is enough: another takes its place. */
const SINGLE: ReadonlySet<Filter["kind"]> = new Set([
  "thread", "process", "time", "state", "module", "duration", "reason", "mine", "recursion", "by",
]);

/** The list with one more filter, or with it in the place of the one of its kind. */
export function withFilter(filters: readonly Filter[], filter: Filter): Filter[] {
  const at = SINGLE.has(filter.kind) ? filters.findIndex(({kind}) => kind === filter.kind) : -1;
  return at < 0 ? [...filters, filter] : filters.map((old, place) => (place === at ? filter : old));
}

export function withoutKind(filters: readonly Filter[], kind: Filter["kind"]): Filter[] {
  return filters.filter((filter) => filter.kind !== kind);
}

export function find<Kind extends Filter["kind"]>(
  filters: readonly Filter[],
  kind: Kind,
): Extract<Filter, {kind: Kind}> | undefined {
  return filters.find((filter): filter is Extract<Filter, {kind: Kind}> => filter.kind === kind);
}

/** A filter about just this function, by its file too where others have its name. */
export function exactly({strings, functions}: Tables, kind: PatternKind, {name, file}: FunctionRef): Filter {
  const namesakes = functions.name.reduce((count, id) => count + (strings[id] === name ? 1 : 0), 0);
  return namesakes > 1 && file !== "" ? {kind, pattern: name, exact: true, file} : {kind, pattern: name, exact: true};
}

/** What chooses the samples below a box, and nothing else. */
export function subtreeFilters({tables, tree, options}: Scene, node: number): Filter[] {
  const filters: Filter[] = [];
  const path: string[] = [];
  for (const step of pathTo(tree, node).slice(1)) {
    if (tree.thread[step] >= 0) {
      const {tid, pid} = tables.threads[tree.thread[step]];
      filters.push({kind: "thread", tid, pid});
    } else {
      path.push(entry(tables, tree, step));
    }
  }
  if (path.length > 0) {
    filters.push(options.inverted ? {kind: "subtree", path, inverted: true} : {kind: "subtree", path});
  }
  return filters;
}

function entry({strings, functions}: Tables, tree: CallTree, node: number): string {
  const [id, line] = [tree.function[node], tree.line[node]];
  const [name, file] = [strings[functions.name[id]], strings[functions.file[id]]];
  if (!isCellFile(file)) {
    return line > 0 ? `${name}:${line}` : name;
  }
  const place = line > 0 ? `${file}:${line}` : file;
  return name === "<module>" ? place : `${place} ${name}`;
}

/** A filter in a few words: what it does, and to what. */
export function inWords(filter: Filter, {threads}: Pick<Tables, "threads">): [what: string, which: string] {
  switch (filter.kind) {
    case "thread": {
      const row = threads.findIndex(({tid, pid}) => tid === filter.tid && pid === filter.pid);
      return ["Thread", row < 0 ? `${filter.tid}` : threadLabel(threads, row)];
    }
    case "process": {
      const known = threads.find(({pid}) => pid === filter.pid);
      return ["Process", known?.process ? `${known.process} ${filter.pid}` : `${filter.pid}`];
    }
    case "time":
      return ["Time", formatRange(filter.from, filter.to)];
    case "state":
      return ["State", filter.states.join(" + ")];
    case "module":
      return ["Module", filter.module];
    case "duration":
      return ["Lasting", lengthInWords(filter)];
    case "reason":
      return ["Waiting for", filter.reasons.join(" + ")];
    case "focus":
      return ["Focus", filter.pattern];
    case "hide":
      return ["Hide", filter.pattern];
    case "show":
      return ["Show only", filter.pattern];
    case "keep":
      return ["Only with", filter.pattern];
    case "drop":
      return ["Without", filter.pattern];
    case "subtree":
      return [filter.inverted ? "Called as" : "Subtree", filter.path[filter.path.length - 1] ?? ""];
    case "mine":
      return ["Only my code", ""];
    case "recursion":
      return ["Recursion collapsed", ""];
    case "by":
      return ["Merged by", filter.what];
  }
}

export function lengthInWords({from, to}: DurationFilter): string {
  const [low, high] = [from, to].map((ns) => (ns === undefined ? "" : formatLength(ns)));
  return low === "" ? (high === "" ? "any time" : `< ${high}`) : high === "" ? `≥ ${low}` : `${low} – ${high}`;
}

/** The Python that gives the same picture. */
export function pythonOf({filters, merge, inverted, splitThreads}: Settings, tables: Pick<Tables, "threads">): string {
  const options = [
    merge === "cell" ? "" : `merge="${merge}"`,
    inverted ? "inverted=True" : "",
    splitThreads ? "split_threads=True" : "",
  ].filter((option) => option !== "");
  const flame = options.length === 0 ? "" : `.flame(${options.join(", ")})`;
  return expression(filters, tables) + flame;
}
