// What is looked at: a list of filters, each from tables to tables, applied in their order.
import type {Tables} from "./tables";
import {FilterError} from "./transforms/error";
import {collapseRecursion, focus, hideOrShow} from "./transforms/frames";
import {groupBy, onlyMine} from "./transforms/rename";
import {during, inStates, keepOrDrop, lasting, ofModule, ofProcess, ofThread, waitingFor} from "./transforms/select";
import {subtree} from "./transforms/subtree";

export {FilterError};

export interface ThreadFilter {
  readonly kind: "thread";
  readonly tid: number;
  readonly pid: number;
}
export interface ProcessFilter {
  readonly kind: "process";
  readonly pid: number;
}
/** Nanoseconds since the start; the end is not included. */
export interface TimeFilter {
  readonly kind: "time";
  readonly from: number;
  readonly to: number;
}
export interface StateFilter {
  readonly kind: "state";
  readonly states: readonly string[];
}
export interface ModuleFilter {
  readonly kind: "module";
  readonly module: string;
}
/** Samples that last at least `from` nanoseconds, and less than `to`. */
export interface DurationFilter {
  readonly kind: "duration";
  readonly from?: number;
  readonly to?: number;
}
/** What was waited for: names of frames such as `[sleep]`. */
export interface ReasonFilter {
  readonly kind: "reason";
  readonly reasons: readonly string[];
}
export type PatternKind = "focus" | "hide" | "show" | "keep" | "drop";
/** A regular expression, or with `exact` a function's name, and maybe its file. */
export interface PatternFilter {
  readonly kind: PatternKind;
  readonly pattern: string;
  readonly exact?: boolean;
  readonly file?: string;
}
export interface SubtreeFilter {
  readonly kind: "subtree";
  readonly path: readonly string[];
  readonly inverted?: boolean;
}
export interface MineFilter {
  readonly kind: "mine";
}
export interface RecursionFilter {
  readonly kind: "recursion";
}
export interface ByFilter {
  readonly kind: "by";
  readonly what: "file" | "module";
}

export type Filter =
  | ThreadFilter
  | ProcessFilter
  | TimeFilter
  | StateFilter
  | ModuleFilter
  | DurationFilter
  | ReasonFilter
  | PatternFilter
  | SubtreeFilter
  | MineFilter
  | RecursionFilter
  | ByFilter;

type Check = (value: unknown) => boolean;

const isWhole: Check = Number.isSafeInteger;
/** What Python tells in seconds has to come back to the nanosecond. */
const isTime: Check = (value) => Number.isInteger(value) && Math.abs(value as number) < 2 ** 51;
const isText: Check = (value) => typeof value === "string";
const isFlag: Check = (value) => typeof value === "boolean";
const areTexts: Check = (value) => Array.isArray(value) && value.every(isText);

/** How a kind of filters is written, and what it does. */
interface Row<F extends Filter> {
  readonly needs: Readonly<Record<string, Check>>;
  readonly may: Readonly<Record<string, Check>>;
  readonly apply: (tables: Tables, filter: F) => Tables;
}

const PATTERN = {needs: {pattern: isText}, may: {exact: isFlag, file: isText}};

const KINDS: {readonly [K in Filter["kind"]]: Row<Extract<Filter, {readonly kind: K}>>} = {
  thread: {needs: {tid: isWhole, pid: isWhole}, may: {}, apply: ofThread},
  process: {needs: {pid: isWhole}, may: {}, apply: ofProcess},
  time: {needs: {from: isTime, to: isTime}, may: {}, apply: during},
  state: {needs: {states: areTexts}, may: {}, apply: inStates},
  module: {needs: {module: isText}, may: {}, apply: ofModule},
  duration: {needs: {}, may: {from: isTime, to: isTime}, apply: lasting},
  reason: {needs: {reasons: areTexts}, may: {}, apply: waitingFor},
  focus: {...PATTERN, apply: focus},
  hide: {...PATTERN, apply: hideOrShow},
  show: {...PATTERN, apply: hideOrShow},
  keep: {...PATTERN, apply: keepOrDrop},
  drop: {...PATTERN, apply: keepOrDrop},
  subtree: {needs: {path: areTexts}, may: {inverted: isFlag}, apply: subtree},
  mine: {needs: {}, may: {}, apply: onlyMine},
  recursion: {needs: {}, may: {}, apply: collapseRecursion},
  by: {needs: {what: (value) => value === "file" || value === "module"}, may: {}, apply: groupBy},
};

function rowOf(kind: unknown): Row<Filter> {
  if (typeof kind !== "string" || !Object.hasOwn(KINDS, kind)) {
    throw new FilterError(`no filter ${JSON.stringify(kind)}: there are ${Object.keys(KINDS).join(", ")}`);
  }
  return KINDS[kind as Filter["kind"]] as Row<Filter>;
}

/** Filters out of whatever a model's property holds: objects or Maps, in any order of keys. */
export function normalize(raw: unknown): readonly Filter[] {
  if (!Array.isArray(raw)) {
    throw new FilterError("filters are a list");
  }
  return raw.map(normal);
}

function normal(raw: unknown): Filter {
  if (raw === null || typeof raw !== "object") {
    throw new FilterError(`a filter is an object, not ${JSON.stringify(raw)}`);
  }
  const given = new Map<string, unknown>(raw instanceof Map ? raw : Object.entries(raw));
  const kind = given.get("kind");
  const {needs, may} = rowOf(kind);
  const filter: Record<string, unknown> = {kind};
  for (const [key, check] of [...Object.entries(needs), ...Object.entries(may)]) {
    const value = given.get(key) ?? undefined;
    if (value === undefined ? key in needs : !check(value)) {
      throw new FilterError(`filter ${String(kind)}: ${key} is ${value === undefined ? "missing" : JSON.stringify(value)}`);
    }
    // What is left out and what is said to be false are the same.
    if (value !== undefined && value !== false) {
      filter[key] = value;
    }
  }
  for (const key of given.keys()) {
    if (key !== "kind" && !(key in needs) && !(key in may)) {
      throw new FilterError(`filter ${String(kind)}: there is no ${key}`);
    }
  }
  return filter as unknown as Filter;
}

export function sameFilters(a: readonly Filter[], b: readonly Filter[]): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** How many results are kept for a profile: those of the lists, and beginnings of lists, used last. */
const REMEMBERED = 12;
const KNOWN = new WeakMap<Tables, Map<string, Tables>>();

/**
 * The filters must be normal: see `normalize`. What the beginning of the list gives is remembered:
 * adding or changing the last filter costs only that one.
 */
export function applyFilters(tables: Tables, filters: readonly Filter[]): Tables {
  let known = KNOWN.get(tables);
  if (known === undefined) {
    KNOWN.set(tables, (known = new Map()));
  }
  let result = tables;
  filters.forEach((filter, at) => {
    const key = JSON.stringify(filters.slice(0, at + 1));
    const before = known.get(key);
    // A Map keeps the order of insertion: what was used last stands last.
    known.delete(key);
    result = before ?? rowOf(filter.kind).apply(result, filter);
    known.set(key, result);
  });
  for (const key of known.keys()) {
    if (known.size <= Math.max(REMEMBERED, filters.length)) {
      break;
    }
    known.delete(key);
  }
  return result;
}
