// Choosing samples: by thread, process, time, state, and by what is on their stack.
import type {
  ModuleFilter,
  PatternFilter,
  ProcessFilter,
  StateFilter,
  ThreadFilter,
  TimeFilter,
} from "../filters";
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

/** Whole stacks: `keep` those with a match, `drop` the others. */
export function keepOrDrop(tables: Tables, filter: PatternFilter): Tables {
  return withFrame(tables, meant(tables, filter), filter.kind === "keep" ? 1 : 0);
}

function withFrame(tables: Tables, functions: Uint8Array, having: 0 | 1): Tables {
  const flags = stacksWith(tables, functions);
  const {stack} = tables.samples;
  return choose(tables, (row) => (stack[row] < 0 ? 0 : flags[stack[row]]) === having);
}
