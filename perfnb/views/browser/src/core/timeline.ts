// How busy each thread was, and in which state, over time.
import type {Tables} from "./tables";

/** The state of samples where states are not known: the first of the table. */
const UNKNOWN = 0;

export interface LaneOptions {
  /** Nanoseconds since the start; the end is not included. */
  readonly from: number;
  readonly to: number;
  readonly bins: number;
}

export interface Lanes extends LaneOptions {
  /** The threads that have samples, in the order of their table. */
  readonly threads: readonly number[];
  /** How many states there are: indices into `tables.states`. */
  readonly states: number;
  /** At `(lane * states + state) * bins + bin`. */
  readonly counts: Float64Array;
  /** What is counted: samples, or where these have durations, nanoseconds. */
  readonly unit: "samples" | "ns";
}

export function lanes(tables: Tables, {from, to, bins}: LaneOptions): Lanes {
  const {thread, time, duration, state, count} = tables.samples;
  if (time === null && thread.length > 0) {
    throw new Error("this profile has no times");
  }
  const threads = threadsWithSamples(tables);
  const laneOf = new Int32Array(tables.threads.length);
  threads.forEach((row, lane) => {
    laneOf[row] = lane;
  });
  const states = tables.states.length;
  const counts = new Float64Array(threads.length * states * bins);
  const span = to - from;
  for (let row = 0; time !== null && row < time.length && span > 0; row++) {
    const base = (laneOf[thread[row]] * states + (state === null ? UNKNOWN : state[row])) * bins;
    if (duration !== null) {
      spread(counts, base, time[row], time[row] + duration[row], {from, to, bins});
    } else if (time[row] >= from && time[row] < to) {
      counts[base + binAt(time[row], from, span, bins)] += count === null ? 1 : count[row];
    }
  }
  return {threads, from, to, bins, states, counts, unit: duration === null ? "samples" : "ns"};
}

/** Adds the time from `begin` to `end` to the bins in which it lies. */
function spread(
  counts: Float64Array,
  base: number,
  begin: number,
  end: number,
  {from, to, bins}: LaneOptions,
): void {
  const span = to - from;
  if (end <= from || begin >= to) {
    return;
  }
  // One bin early: where an edge lies is for `edge` to say.
  let bin = Math.max(0, binAt(Math.max(begin, from), from, span, bins) - 1);
  for (; bin < bins && edge(bin) < end; bin++) {
    const overlap = Math.min(end, edge(bin + 1)) - Math.max(begin, edge(bin));
    if (overlap > 0) {
      counts[base + bin] += overlap;
    }
  }

  function edge(at: number): number {
    return from + (span * at) / bins;
  }
}

function binAt(instant: number, from: number, span: number, bins: number): number {
  return Math.min(bins - 1, Math.floor(((instant - from) * bins) / span));
}

function threadsWithSamples({threads, samples}: Tables): number[] {
  const seen = new Uint8Array(threads.length);
  for (let row = 0; row < samples.thread.length; row++) {
    seen[samples.thread[row]] = 1;
  }
  return Array.from(seen.keys()).filter((row) => seen[row]);
}
