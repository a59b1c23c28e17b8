// What a thread was doing, as colours: warm where it ran or wanted to, cool where it waited. Any two
// differ in lightness, so that nobody needs the hue; what waits is quiet, for most threads mostly do.
import {css, oklch} from "./color";
import type {Theme} from "./palette";

type Tone = readonly [lightness: number, chroma: number, hue: number];

/** In the order in which they are stacked, what uses the processor at the bottom. */
const STATES: Readonly<Record<string, Readonly<Record<Theme, Tone>>>> = {
  "on-CPU": {light: [0.64, 0.185, 41], dark: [0.71, 0.17, 47]},
  runnable: {light: [0.82, 0.15, 82], dark: [0.87, 0.135, 92]},
  gil: {light: [0.5, 0.12, 303], dark: [0.58, 0.14, 305]},
  "off-CPU": {light: [0.9, 0.036, 240], dark: [0.41, 0.05, 245]},
  unknown: {light: [0.73, 0.025, 250], dark: [0.5, 0.02, 250]},
};
const ORDER = Object.keys(STATES);

export function stateColor(state: string, theme: Theme): string {
  return css(oklch(...(STATES[state] ?? STATES["unknown"])[theme]));
}

/** Its place from the bottom. */
export function stateRank(state: string): number {
  const rank = ORDER.indexOf(state);
  return rank < 0 ? ORDER.length : rank;
}
