// Colours of nodes, not of functions: how much of the time was a node's own, and whose it was.
import {mix, oklch, type Rgb} from "./color";
import type {CallTree} from "./calltree";
import type {FoldOptions} from "./fold";
import {NOBODY, SEVERAL, threadOf} from "./owner";
import type {StateTotals} from "./nodestates";
import type {Theme} from "./palette";
import type {Tables} from "./tables";

/** A tree with what its colours need. */
export interface Coloured {
  readonly tree: CallTree;
  readonly options: FoldOptions;
  /** The thread of each node, where `tree` is not what `options` make of the samples; see `threadOf`. */
  owners?(): Int32Array;
  /** What each node has of each state; null where states are not known. */
  states?(): StateTotals | null;
}

export interface NodeColors {
  readonly colors: Rgb[];
  /** One past the last colour: of nothing in particular. */
  readonly ofNode: Uint8Array | Uint16Array;
}

/** From none to `top`, the share of the whole that has the last of the colours. */
export interface Heat extends NodeColors {
  readonly top: number;
}

export interface Owners extends NodeColors {
  /** The threads that have boxes of their own, the heaviest first; the share is of all samples. */
  readonly threads: readonly {readonly thread: number; readonly color: number; readonly share: number}[];
  /** The colour of what several threads share; −1 if there is nothing. */
  readonly several: number;
}

const HEATS = 24;
/** From the ground of the page to what is furthest from it; hue and chroma as embers have them. */
const HEAT = {
  light: {lightness: [0.95, 0.42], hue: [84, 22]},
  dark: {lightness: [0.33, 0.9], hue: [18, 102]},
} as const;

/** Shares of one per cent must be told from none beside a share of a half: hence the root. */
export function heatPlace(share: number, top: number): number {
  return top > 0 ? Math.sqrt(Math.min(1, Math.max(0, share) / top)) : 0;
}

export function heatColors(theme: Theme): Rgb[] {
  const {lightness, hue} = HEAT[theme];
  return Array.from({length: HEATS}, (_, step) => {
    const at = step / (HEATS - 1);
    const between = ([from, to]: readonly [number, number]): number => from + (to - from) * at;
    return oklch(between(lightness), 0.012 + 0.15 * Math.sin(Math.min(1, at * 1.3) * (Math.PI / 2)), between(hue));
  });
}

export function heat({tree, options}: Coloured, theme: Theme): Heat {
  const whole = tree.total[0];
  // Leaf first, a box is as much of the root's own time as came this way.
  const own = options.inverted ? tree.total : tree.self;
  const shares = own.map((value, node) => (tree.function[node] >= 0 && whole > 0 ? value / whole : 0));
  const top = niceTop(shares.reduce((most, share) => Math.max(most, share), 0));
  const ofNode = Uint8Array.from(shares, (share, node) =>
    tree.function[node] < 0 ? HEATS : Math.round(heatPlace(share, top) * (HEATS - 1)),
  );
  return {colors: heatColors(theme), ofNode, top};
}

/** The next of 1, 2, 5, 10, 20, 50, 100 per cent, and so on below. */
function niceTop(share: number): number {
  if (!(share > 0)) {
    return 1;
  }
  const power = 10 ** Math.floor(Math.log10(share));
  return Math.min(1, ([1, 2, 5].find((count) => count * power >= share * (1 - 1e-9)) ?? 10) * power);
}

/** Found by search: any two are apart for normal sight and without red, green or blue cones. */
const THREADS: Readonly<Record<Theme, readonly (readonly [lightness: number, chroma: number, hue: number])[]>> = {
  light: [
    [0.62, 0.115, 274],
    [0.828, 0.118, 76],
    [0.707, 0.08, 218],
    [0.637, 0.105, 0],
    [0.635, 0.11, 106],
    [0.9, 0.118, 145],
    [0.733, 0.052, 84],
    [0.786, 0.104, 274],
  ],
  dark: [
    [0.752, 0.116, 244],
    [0.631, 0.114, 81],
    [0.605, 0.076, 169],
    [0.742, 0.071, 349],
    [0.655, 0.118, 298],
    [0.84, 0.067, 93],
    [0.729, 0.117, 127],
    [0.84, 0.118, 196],
  ],
};
const FIRST = 8;

/** Eight colours, then the same ones paler. */
export function threadColors(theme: Theme): Rgb[] {
  const first = THREADS[theme].map((tone) => oklch(...tone));
  const ground = theme === "light" ? oklch(1, 0, 0) : oklch(0.2, 0.01, 270);
  return [...first, ...first.map((color) => mix(color, ground, 0.5))];
}

export function owners(tables: Tables, coloured: Coloured, theme: Theme): Owners {
  const {tree} = coloured;
  const of = ownersOf(tables, coloured);
  const weights = weightsOf(tables, tree, of);
  const whole = weights.reduce((sum, weight) => sum + weight, 0);
  const present = new Set(of);
  const ranked = tables.threads.map((_, thread) => thread).sort((a, b) => weights[b] - weights[a] || a - b);
  const slots = slotsOf(ranked);
  const colors = threadColors(theme);
  const several = colors.length;
  colors.push(oklch(theme === "light" ? 0.85 : 0.47, 0.008, 250));
  const ofNode = Uint8Array.from(of, (owner) =>
    owner >= 0 ? slots[owner] : owner === SEVERAL ? several : colors.length,
  );
  ofNode[0] = tree.thread[0] >= 0 ? ofNode[0] : colors.length;
  const threads = ranked
    .filter((thread) => present.has(thread))
    .map((thread) => ({thread, color: slots[thread], share: whole > 0 ? weights[thread] / whole : 0}));
  return {colors, ofNode, threads, several: ofNode.includes(several) ? several : -1};
}

function ownersOf(tables: Tables, coloured: Coloured): Int32Array {
  const {tree, options} = coloured;
  if (tree.thread[0] >= 0) {
    // A flame chart is of one thread.
    return new Int32Array(tree.parent.length).fill(tree.thread[0]);
  }
  if (coloured.owners !== undefined) {
    return coloured.owners();
  }
  const isKnown = options.splitThreads || tables.samples.thread.length > 0;
  return isKnown ? threadOf(tables, tree, options) : new Int32Array(tree.parent.length).fill(NOBODY);
}

function weightsOf({threads, samples}: Tables, tree: CallTree, of: Int32Array): Float64Array {
  const weights = new Float64Array(threads.length);
  samples.thread.forEach((thread, row) => {
    weights[thread] += samples.weight[row];
  });
  if (samples.thread.length === 0) {
    // The samples are elsewhere: what is seen of them.
    of.forEach((owner, node) => {
      if (owner >= 0 && (node === 0 || of[tree.parent[node]] !== owner)) {
        weights[owner] += tree.total[node];
      }
    });
  }
  return weights;
}

/**
 * Each thread has the colour of its place in the table, which no filter changes; only where there
 * are more threads than colours do the heaviest choose first.
 */
function slotsOf(ranked: readonly number[]): Uint8Array {
  const slots = new Uint8Array(ranked.length);
  const taken = new Set<number>();
  for (const [rank, thread] of ranked.entries()) {
    const tone = Math.min(1, Math.floor(rank / FIRST)) * FIRST;
    let slot = tone + (thread % FIRST);
    for (let tries = 1; taken.has(slot) && tries < FIRST; tries++) {
      slot = tone + ((thread + tries) % FIRST);
    }
    taken.add(slot);
    slots[thread] = slot;
  }
  return slots;
}
