// Colours of nodes by what threads did there: hot where they ran, cool where they waited, and what
// lies between where they did both.
import {css, oklab, type Rgb} from "./color";
import type {CallTree} from "./calltree";
import {fold, type FoldOptions} from "./fold";
import type {NodeColors} from "./nodecolors";
import type {Theme} from "./palette";
import {stateRank} from "./states";
import type {Tables} from "./tables";

/** The total of each node in each state, by the state's place in the table; null for states that do not occur. */
export type StateTotals = readonly (Float64Array | null)[];

export interface StateColors extends NodeColors {
  /** Those that occur, as bars stack them; the share is of the whole. */
  readonly states: readonly {readonly state: string; readonly share: number}[];
}

type Tone = readonly [lightness: number, chroma: number, hue: number];

/** As in `states.ts`, but for boxes with texts on them: larger, hence softer, and none of them faint. */
const TONES: Readonly<Record<Theme, Readonly<Record<string, Tone>>>> = {
  light: {
    "on-CPU": [0.72, 0.15, 46],
    runnable: [0.87, 0.135, 90],
    gil: [0.62, 0.13, 305],
    "off-CPU": [0.8, 0.085, 237],
    unknown: [0.9, 0.006, 250],
  },
  dark: {
    "on-CPU": [0.7, 0.155, 47],
    runnable: [0.84, 0.13, 92],
    gil: [0.7, 0.125, 311],
    "off-CPU": [0.52, 0.085, 242],
    unknown: [0.42, 0.012, 250],
  },
};
/** Shares are told in so many parts: finer ones cannot be seen. */
const PARTS = 12;

/** A brush asks at every move: an array as large as the profile would keep the collector busy. */
let scratch = new Float64Array(0);

/**
 * The totals of the tree that `fold(tables, options)` gives, state by state; null where states are
 * not known, or the samples are elsewhere.
 */
export function stateTotals(tables: Tables, options: FoldOptions): StateTotals | null {
  const {state, weight} = tables.samples;
  if (state === null || state.length === 0) {
    return null;
  }
  const present = new Set(state);
  if (scratch.length < weight.length) {
    scratch = new Float64Array(weight.length);
  }
  const masked = scratch.subarray(0, weight.length);
  // Samples of no weight have their nodes all the same: every tree is the same one.
  return tables.states.map((_, wanted) => {
    if (!present.has(wanted)) {
      return null;
    }
    for (let row = 0; row < masked.length; row++) {
      masked[row] = state[row] === wanted ? weight[row] : 0;
    }
    return fold({...tables, samples: {...tables.samples, weight: masked}}, options).total;
  });
}

export function stateColors(names: readonly string[], totals: StateTotals, {parent}: CallTree, theme: Theme): StateColors {
  const order = names.map((_, at) => at).filter((at) => totals[at] !== null);
  const colors: Rgb[] = [];
  const known = new Map<string, number>();
  const nobody: number[] = [];
  const ofNode = new Uint16Array(parent.length);
  for (let node = 0; node < parent.length; node++) {
    const parts = inParts(order.map((at) => totals[at]![node]));
    if (parts === null) {
      nobody.push(node);
      continue;
    }
    const key = parts.join(" ");
    let color = known.get(key);
    if (color === undefined) {
      known.set(key, (color = colors.length));
      colors.push(blend(order.map((at) => names[at]), parts, theme));
    }
    ofNode[node] = color;
  }
  for (const node of nobody) {
    ofNode[node] = colors.length;
  }
  const whole = order.reduce((sum, at) => sum + totals[at]![0], 0);
  const states = order
    .filter((at) => totals[at]![0] > 0)
    .sort((a, b) => stateRank(names[a]) - stateRank(names[b]))
    .map((at) => ({state: names[at], share: whole > 0 ? totals[at]![0] / whole : 0}));
  return {colors, ofNode, states};
}

/** Shares in whole parts that add up: what is left over goes to those that lost most. */
export function inParts(values: readonly number[]): number[] | null {
  const whole = values.reduce((sum, value) => sum + Math.max(0, value), 0);
  if (!(whole > 0)) {
    return null;
  }
  const exact = values.map((value) => (Math.max(0, value) * PARTS) / whole);
  const parts = exact.map(Math.floor);
  const left = PARTS - parts.reduce((sum, part) => sum + part, 0);
  const losers = exact.map((_, at) => at).sort((a, b) => exact[b] - parts[b] - (exact[a] - parts[a]) || a - b);
  for (const at of losers.slice(0, left)) {
    parts[at]++;
  }
  return parts;
}

/** In a space in which half of hot and half of cool is neither. */
export function blend(names: readonly string[], parts: readonly number[], theme: Theme): Rgb {
  let [l, a, b, whole] = [0, 0, 0, 0];
  names.forEach((name, at) => {
    const [lightness, chroma, hue] = TONES[theme][name] ?? TONES[theme]["unknown"];
    const angle = (hue * Math.PI) / 180;
    l += parts[at] * lightness;
    a += parts[at] * chroma * Math.cos(angle);
    b += parts[at] * chroma * Math.sin(angle);
    whole += parts[at];
  });
  return oklab(l / whole, a / whole, b / whole);
}

/** From the first to the second, as many steps as boxes may show. */
export function blends(from: string, to: string, theme: Theme): string[] {
  return Array.from({length: PARTS + 1}, (_, at) => css(blend([from, to], [PARTS - at, at], theme)));
}
