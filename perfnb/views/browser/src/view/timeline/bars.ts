// Counts in bins to the bars of lanes: how wide, how high, in which order.
import {stateRank} from "../../core/states";
import type {Lanes} from "../../core/timeline";

/** A bar is at least so many pixels wide, */
const WIDTH = 2;
/** and has room for so many samples: fewer would draw the noise of counting, not the work. */
const SAMPLES = 4;
/** Bars that go further than this beyond one sample a period are not noise. */
const JITTER = 1.5;
/** Over so many bars a rate is steady. */
const STEADY = 16;
/** Sums of fractions are not exact. */
export const SLACK = 1e-6;

export interface Bars {
  readonly unit: Lanes["unit"];
  readonly from: number;
  readonly to: number;
  readonly count: number;
  /** Where bars begin, and where the last one ends: one more than there are bars. */
  readonly edges: Float64Array;
  /** The states that occur, from the bottom of a bar to its top. */
  readonly states: readonly number[];
  /** What a bar of full height has per nanosecond. */
  readonly full: number;
  readonly lanes: readonly Lane[];
}

export interface Lane {
  readonly thread: number;
  /** Of all lanes' counts. */
  readonly share: number;
  /** As `Bars.states`: the counts of each state, a bar each. */
  readonly counts: readonly Float64Array[];
}

/** `names` are the states'; `period`: nanoseconds between two samples of a thread, if it is known. */
export function barsOf(lanes: Lanes, names: readonly string[], pixels: number, period: number | null): Bars {
  const {threads, from, to, bins, states, counts, unit} = lanes;
  const sums = threads.map((_, lane) => sumsOf(lanes, lane));
  const weights = sums.map((ofState) => ofState.reduce((sum, value) => sum + value, 0));
  const whole = weights.reduce((sum, weight) => sum + weight, 0);
  const bin = (to - from) / bins;
  const rate = unit === "ns" ? 1 : period !== null && period > 0 ? 1 / period : null;
  const expected = unit === "ns" ? Infinity : bin * (rate ?? Math.max(0, ...weights) / (to - from));
  const group = Math.max(
    1,
    Math.ceil((WIDTH * bins) / Math.max(1, pixels)),
    expected > 0 ? Math.min(bins, Math.ceil(SAMPLES / expected)) : 1,
  );
  const count = Math.ceil(bins / group);
  const edges = Float64Array.from(
    {length: count + 1},
    (_, bar) => from + ((to - from) * Math.min(bins, bar * group)) / bins,
  );
  const present = Array.from({length: states}, (_, state) => state)
    .filter((state) => sums.some((ofState) => ofState[state] > 0))
    .sort((a, b) => stateRank(names[a]) - stateRank(names[b]));
  const waiting = names.indexOf("off-CPU");
  const grouped = threads.map((thread, lane) => ({
    thread,
    weight: weights[lane],
    awake: weights[lane] - (sums[lane][waiting] ?? 0),
    share: whole > 0 ? weights[lane] / whole : 0,
    counts: present.map((state) => {
      const row = new Float64Array(count);
      const first = (lane * states + state) * bins;
      for (let at = 0; at < bins; at++) {
        row[Math.floor(at / group)] += counts[first + at];
      }
      return row;
    }),
  }));
  // A thread that only sleeps has as many samples as one that works: those that work come first.
  grouped.sort((a, b) => b.awake - a.awake || b.weight - a.weight || a.thread - b.thread);
  const full = fullOf(grouped, edges, group * bin, rate);
  return {unit, from, to, count, edges, states: present, full, lanes: grouped};
}

/** All states of a bar together. */
export function sumAt({counts}: Lane, bar: number): number {
  return counts.reduce((sum, row) => sum + row[bar], 0);
}

/** One sample a period fills a bar; where nobody knows the period, or there is more, the fullest bar does. */
function fullOf(lanes: readonly Lane[], edges: Float64Array, whole: number, rate: number | null): number {
  let [most, steady] = [0, 0];
  const bars = edges.length - 1;
  const window = Math.min(bars, STEADY);
  for (const lane of lanes) {
    let recent = 0;
    for (let bar = 0; bar < bars; bar++) {
      // The last bar may be a short one, in which a single sample looks like many.
      most = Math.max(most, sumAt(lane, bar) / Math.max(edges[bar + 1] - edges[bar], whole));
      recent += sumAt(lane, bar) - (bar < window ? 0 : sumAt(lane, bar - window));
      if (bar >= window - 1) {
        steady = Math.max(steady, recent / (edges[bar + 1] - edges[bar + 1 - window]));
      }
    }
  }
  if (rate !== null) {
    return most <= JITTER * rate ? rate : most;
  }
  // A bar may hold one sample more than a steady rate has in it.
  return most * whole <= steady * whole + 1 + SLACK ? steady : most;
}

function sumsOf({states, bins, counts}: Lanes, lane: number): number[] {
  return Array.from({length: states}, (_, state) => {
    const first = (lane * states + state) * bins;
    let sum = 0;
    for (let at = first; at < first + bins; at++) {
      sum += counts[at];
    }
    return sum;
  });
}
