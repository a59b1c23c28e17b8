// Choosing samples: by thread, process, time, state, duration, and by what is on their stack.
import type {
  DurationFilter,
  ModuleFilter,
  PatternFilter,
  ProcessFilter,
  ReasonFilter,
  StateFilter,
  ThreadFilter,
  TimeFilter,
} from "../filters";
import {reasonNames, reasonsOf, waitFunctions} from "../reasons";
import type {Tables, Thread} from "../tables";
import {FilterError} from "./error";
import {inModule, meant, stacksWith} from "./match";
import {between, choose} from "./samples";

export function ofThread(tables: Tables, {tid, pid}: ThreadFilter): Tables {
  need(tables.threads.some((thread) => thread.tid === tid), `thread ${tid}`);
  return ofThreads(tables, pid, (thread) => thread.tid === tid);
}

export function ofProcess(tables: Tables, {pid}: ProcessFilter): Tables {
  return ofThreads(tables, pid, () => true);
}

function ofThreads(tables: Tables, pid: number, wanted: (thread: Thread) => boolean): Tables {
  need(tables.threads.some((thread) => thread.pid === pid), `process ${pid}`);
  const flags = Uint8Array.from(tables.threads, (thread) => (thread.pid === pid && wanted(thread) ? 1 : 0));
  const {thread} = tables.samples;
  return choose(tables, (row) => flags[thread[row]] === 1);
}

function need(there: boolean, what: string): void {
  if (!there) {
    throw new FilterError(`no ${what} in this profile`);
  }
}

/** Samples are sorted by time: those of a range are found without looking at the others. */
export function during(tables: Tables, {from, to}: TimeFilter): Tables {
  const {time} = tables.samples;
  if (time === null) {
    throw new FilterError("this profile has no times, which a time range needs");
  }
  const low = firstFrom(time, from);
  return between(tables, low, Math.max(low, firstFrom(time, to)));
}

/** The first row at `instant` or after it. */
export function firstFrom(time: Float64Array, instant: number): number {
  let [low, high] = [0, time.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (time[middle] < instant) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

export function inStates(tables: Tables, {states}: StateFilter): Tables {
  const {state} = tables.samples;
  const unknown = states.filter((name) => !tables.states.includes(name));
  if (unknown.length > 0) {
    throw new FilterError(`no state ${unknown.join(", ")}: there are ${tables.states.join(", ")}`);
  }
  if (state === null) {
    throw new FilterError("this profile has no states, which a choice of states needs");
  }
  const flags = Uint8Array.from(tables.states, (name) => (states.includes(name) ? 1 : 0));
  return choose(tables, (row) => flags[state[row]] === 1);
}

export function ofModule(tables: Tables, {module}: ModuleFilter): Tables {
  const functions = inModule(tables, module);
  need(functions.includes(1), `module ${module}`);
  return withFrame(tables, functions, 1);
}

export function lasting(tables: Tables, {from = 0, to = Infinity}: DurationFilter): Tables {
  const {duration} = tables.samples;
  if (duration === null) {
    throw new FilterError("this profile has no durations, which a choice by duration needs");
  }
  return choose(tables, (row) => duration[row] >= from && duration[row] < to);
}

export function waitingFor(tables: Tables, {reasons}: ReasonFilter): Tables {
  const {strings, functions, samples} = tables;
  const waits = waitFunctions(tables);
  const known = new Set(Array.from(functions.name, (name, id) => (waits[id] ? strings[name] : null)));
  // As in Python, the brackets may be left out.
  const names = reasons.map((name) => (known.has(name) || name.startsWith("[") ? name : `[${name}]`));
  const unknown = names.filter((name) => !known.has(name));
  if (unknown.length > 0) {
    throw new FilterError(
      `nothing in this profile waits for ${unknown.join(", ")}: there are ${reasonNames(tables).join(", ") || "–"}`,
    );
  }
  const meant = Uint8Array.from(functions.name, (name) => (names.includes(strings[name]) ? 1 : 0));
  const of = reasonsOf(tables);
  const {stack} = samples;
  return choose(tables, (row) => stack[row] >= 0 && of[stack[row]] >= 0 && meant[of[stack[row]]] === 1);
}

/** Whole stacks: `keep` those with a match, `drop` the others. */
export function keepOrDrop(tables: Tables, filter: PatternFilter): Tables {
  return withFrame(tables, meant(tables, filter), filter.kind === "keep" ? 1 : 0);
}

function withFrame(tables: Tables, functions: Uint8Array, having: 0 | 1): Tables {
  const flags = stacksWith(tables, functions);
  const {stack} = tables.samples;
  return choose(tables, (row) => (stack[row] < 0 ? 0 : flags[stack[row]]) === having);
}
