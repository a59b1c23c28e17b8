// The colours of kinds of functions. Kinds differ in hue and in lightness, so that they can be told
// apart without red or green; names vary within their kind's hue.
import {css, oklch, type Rgb} from "./color";
import type {Theme} from "./palette";
import type {ValueType} from "./tables";

export interface Family {
  readonly hue: number;
  readonly spread: number;
  readonly chroma: number;
  /** Added to the theme's lightness. */
  readonly lift: number;
  readonly shades: number;
}

type Families = Readonly<Record<string, Family>>;

const WARM: Families = {
  python: {hue: 72, spread: 20, chroma: 1, lift: 0.01, shades: 16},
  native: {hue: 240, spread: 17, chroma: 0.8, lift: -0.02, shades: 8},
  kernel: {hue: 12, spread: 8, chroma: 1.05, lift: -0.045, shades: 6},
  gpu: {hue: 158, spread: 14, chroma: 0.95, lift: 0.02, shades: 6},
  wait: {hue: 275, spread: 10, chroma: 0.36, lift: 0.02, shades: 4},
  synthetic: {hue: 250, spread: 0, chroma: 0.08, lift: 0.04, shades: 2},
};
/** Of time in which nothing ran: nobody takes the picture for one of work. What was waited for stands out. */
const COOL: Families = {
  python: {hue: 206, spread: 26, chroma: 0.95, lift: -0.005, shades: 16},
  native: {hue: 256, spread: 10, chroma: 1, lift: -0.055, shades: 8},
  kernel: {hue: 345, spread: 8, chroma: 0.8, lift: -0.04, shades: 6},
  gpu: {hue: 140, spread: 8, chroma: 1, lift: 0.035, shades: 6},
  wait: {hue: 291, spread: 12, chroma: 1.1, lift: -0.17, shades: 6},
  synthetic: {hue: 250, spread: 0, chroma: 0.08, lift: 0.05, shades: 2},
};

export const TONES = {
  light: {lightness: 0.845, chroma: 0.098, swing: 0.05, ground: "#ffffff"},
  dark: {lightness: 0.7, chroma: 0.095, swing: 0.05, ground: "#16181d"},
} as const;

/** The family of a kind, given what the profile measures. */
export function familyOf(kind: string, value: Pick<ValueType, "kind">): Family {
  const families = value.kind === "off-CPU" ? COOL : WARM;
  return families[kind] ?? families["synthetic"];
}

/** The flat colour of a kind, as legends show it. */
export function kindColor(kind: string, value: Pick<ValueType, "kind">, theme: Theme): string {
  return css(flat(familyOf(kind, value), theme));
}

export function flat({hue, chroma, lift}: Family, theme: Theme): Rgb {
  const tone = TONES[theme];
  return oklch(tone.lightness + lift, tone.chroma * chroma, hue);
}

/** The shades of one family: hue and lightness move apart, so that neighbours differ in both. */
export function shade({hue, spread, chroma, lift, shades}: Family, theme: Theme, index: number): Rgb {
  const tone = TONES[theme];
  const turn = shades > 1 ? index / (shades - 1) - 0.5 : 0;
  const swing = ((index * 0.618034) % 1) - 0.5;
  return oklch(tone.lightness + lift + swing * tone.swing, tone.chroma * chroma, hue + turn * 2 * spread);
}
