// What the recording measured of each thread as a whole, whichever samples are looked at.
import {threadLabel} from "./labels";
import type {Thread} from "./tables";

/** Nanoseconds, and numbers of switches; null for what was not measured. */
export interface ThreadTimes {
  readonly pid: number;
  readonly tid: number;
  readonly name: string;
  readonly wall: number | null;
  readonly cpu: number | null;
  readonly queue: number | null;
  readonly blocked: number | null;
  /** While the profiler held the thread. */
  readonly held: number | null;
  readonly voluntary: number | null;
  readonly involuntary: number | null;
}

export type TimesKey = Exclude<keyof ThreadTimes, "pid" | "tid" | "name">;

/** The parts of the wall time, as bars stack them. */
export const PARTS = ["cpu", "queue", "blocked", "held"] as const satisfies readonly TimesKey[];

const KEYS: Readonly<Record<TimesKey, string>> = {
  wall: "wall_ns",
  cpu: "cpu_ns",
  queue: "runqueue_ns",
  blocked: "blocked_ns",
  held: "stopped_ns",
  voluntary: "voluntary",
  involuntary: "involuntary",
};

/** Out of a header that anyone may have written. */
export function readThreadTimes(raw: unknown): ThreadTimes[] {
  return Array.isArray(raw) ? raw.filter((row) => row !== null && typeof row === "object").map(timesOf) : [];
}

function timesOf(row: Readonly<Record<string, unknown>>): ThreadTimes {
  const number = (key: string): number | null => {
    const value = row[key];
    return typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : null;
  };
  const times = Object.fromEntries(Object.entries(KEYS).map(([key, name]) => [key, number(name)]));
  const {name} = row;
  return {
    ...(times as Record<TimesKey, number | null>),
    pid: number("pid") ?? 0,
    tid: number("tid") ?? 0,
    name: typeof name === "string" ? name : "",
  };
}

/** What the parts are shares of: the wall time, or their sum where that is not known, or is more. */
export function wholeOf(times: ThreadTimes): number {
  return Math.max(times.wall ?? 0, PARTS.reduce((sum, part) => sum + (times[part] ?? 0), 0));
}

/** Rows by one of their numbers, those without one last. */
export function sortTimes(rows: readonly ThreadTimes[], by: TimesKey | "name", descending: boolean): ThreadTimes[] {
  const turn = descending ? -1 : 1;
  return [...rows].sort((a, b) => {
    if (by === "name") {
      return turn * (a.name < b.name ? -1 : a.name > b.name ? 1 : 0) || a.pid - b.pid || a.tid - b.tid;
    }
    const [x, y] = [a[by], b[by]];
    if (x === null || y === null) {
      return Number(x === null) - Number(y === null) || a.pid - b.pid || a.tid - b.tid;
    }
    return turn * (x - y) || a.pid - b.pid || a.tid - b.tid;
  });
}

/** The row of the threads table that it is, or −1: a thread without samples is in none. */
export function rowOfThread(threads: readonly Thread[], {pid, tid}: ThreadTimes): number {
  return threads.findIndex((thread) => thread.pid === pid && thread.tid === tid);
}

/** The thread's name, told apart from the others that are listed. */
export function timesLabels(rows: readonly ThreadTimes[], threads: readonly Thread[]): string[] {
  const all = rows.map((row): Thread => {
    const known = threads[rowOfThread(threads, row)];
    return {host: known?.host ?? "", pid: row.pid, tid: row.tid, name: row.name || (known?.name ?? ""), process: known?.process ?? ""};
  });
  return all.map((_, at) => threadLabel(all, at));
}
