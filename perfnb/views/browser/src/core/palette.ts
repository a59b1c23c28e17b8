// The colours of frames, and of the texts on them.
import {contrast, css, hashName, hex, mix, oklch, type Rgb} from "./color";
import {familyOf, flat, shade, TONES} from "./families";
import {heat, owners, type Coloured, type Heat, type NodeColors, type Owners} from "./nodecolors";
import {stateColors, type StateColors} from "./nodestates";
import type {Tables} from "./tables";

export type Theme = "light" | "dark";
/** Names, kinds and modules colour functions; own time, threads and states the nodes of a tree. */
export type ColorBy = "name" | "kind" | "module" | "self" | "thread" | "state";

/** How a frame is painted: as it is, above the zoomed frame, or next to search matches. */
export const PLAIN = 0;
export const FADED = 1;
export const MUTED = 2;

export interface Paint {
  readonly fill: string;
  readonly text: string;
  readonly dim: string;
}

export interface Palette {
  /** `paints[variant][color]`. */
  readonly paints: readonly (readonly Paint[])[];
  readonly match: Paint;
  /** The colour of each function; nodes without a function have `other`. */
  readonly ofFunction: Uint8Array;
  readonly other: number;
  /** The colour of each node where it is not its function's; else null. */
  readonly ofNode: Uint8Array | Uint16Array | null;
  /** What the colours of nodes stand for. */
  readonly heat: Heat | null;
  readonly owners: Owners | null;
  readonly states: StateColors | null;
}

const MATCH = {light: oklch(0.53, 0.235, 318), dark: oklch(0.56, 0.24, 320)} as const;
const INKS = [hex("#15181e"), hex("#ffffff")] as const;
const BLACK = hex("#000000");
/** WCAG asks for 4.5; the rest is for rounding to bytes. */
const READABLE = 4.6;

/** Hues of modules keep clear of the colour of matches; each comes lighter and darker. */
const MODULE_HUES = 17;
const MODULE_SHADES = 2 * MODULE_HUES;
const MODULE_FIRST_HUE = 10;
const MODULE_LAST_HUE = 285;

/**
 * Own time, threads and states colour the nodes of `coloured`; without it every frame has one
 * colour. Where states are not known, names are told instead.
 */
export function makePalette(tables: Tables, wanted: ColorBy, theme: Theme, coloured?: Coloured): Palette {
  const totals = wanted === "state" ? (coloured?.states?.() ?? null) : null;
  const colorBy = wanted === "state" && totals === null ? "name" : wanted;
  const hot = colorBy === "self" && coloured !== undefined ? heat(coloured, theme) : null;
  const owned = colorBy === "thread" && coloured !== undefined ? owners(tables, coloured, theme) : null;
  const states = totals === null ? null : stateColors(tables.states, totals, coloured!.tree, theme);
  const nodes = hot ?? owned ?? states;
  const {colors, ofFunction} = byFunction(tables, colorBy, theme, nodes);
  const other = colors.length;
  colors.push(shade(familyOf("synthetic", tables.value), theme, 0));
  const ground = hex(TONES[theme].ground);
  const gray = oklch(theme === "light" ? 0.9 : 0.42, 0.006, 250);
  const variants = [
    colors,
    colors.map((color) => mix(color, ground, 0.62)),
    colors.map((color) => mix(color, gray, 0.72)),
  ];
  return {
    paints: variants.map((variant) => variant.map(paintOf)),
    match: paintOf(MATCH[theme]),
    ofFunction,
    other,
    ofNode: nodes?.ofNode ?? null,
    heat: hot,
    owners: owned,
    states,
  };
}

function byFunction(
  tables: Tables,
  colorBy: ColorBy,
  theme: Theme,
  nodes: NodeColors | null,
): {colors: Rgb[]; ofFunction: Uint8Array} {
  switch (colorBy) {
    case "name":
    case "kind":
      return byKind(tables, theme, colorBy);
    case "module":
      return byModule(tables, theme);
    default: {
      const colors = [...(nodes?.colors ?? [])];
      return {colors, ofFunction: new Uint8Array(tables.functions.name.length).fill(colors.length)};
    }
  }
}

export function moduleColor(module: string, theme: Theme): string {
  return css(moduleShade(hashName(topLevel(module)) % MODULE_SHADES, theme));
}

export function topLevel(module: string): string {
  const dot = module.indexOf(".");
  return dot < 0 ? module : module.slice(0, dot);
}

function byKind(
  {kinds, strings, functions, value}: Tables,
  theme: Theme,
  colorBy: "name" | "kind",
): {colors: Rgb[]; ofFunction: Uint8Array} {
  const families = kinds.map((kind) => familyOf(kind, value));
  const colors: Rgb[] = [];
  const starts: number[] = [];
  for (const family of families) {
    starts.push(colors.length);
    if (colorBy === "kind") {
      colors.push(flat(family, theme));
    } else {
      for (let index = 0; index < family.shades; index++) {
        colors.push(shade(family, theme, index));
      }
    }
  }
  const ofFunction = Uint8Array.from(functions.kind, (kind, id) =>
    starts[kind] + (colorBy === "kind" ? 0 : hashName(strings[functions.name[id]]) % families[kind].shades),
  );
  return {colors, ofFunction};
}

function byModule({strings, functions}: Tables, theme: Theme): {colors: Rgb[]; ofFunction: Uint8Array} {
  const colors = Array.from({length: MODULE_SHADES}, (_, index) => moduleShade(index, theme));
  const ofFunction = Uint8Array.from(functions.module, (module) =>
    strings[module] === "" ? colors.length : hashName(topLevel(strings[module])) % MODULE_SHADES,
  );
  return {colors, ofFunction};
}

function moduleShade(index: number, theme: Theme): Rgb {
  const tone = TONES[theme];
  const step = (MODULE_LAST_HUE - MODULE_FIRST_HUE) / (MODULE_HUES - 1);
  const hue = MODULE_FIRST_HUE + (index % MODULE_HUES) * step;
  return oklch(tone.lightness + (index < MODULE_HUES ? 0.025 : -0.055), tone.chroma * 0.85, hue);
}

function paintOf(fill: Rgb): Paint {
  const ink = inkOn(fill);
  return {fill: css(fill), text: css(ink), dim: css(softened(ink, fill))};
}

/** One ink for a whole family wherever it can be read, not the better of two for each shade. */
function inkOn(fill: Rgb): Rgb {
  const [, light] = INKS;
  const found = INKS.find((ink) => contrast(fill, ink) >= READABLE);
  // On middling colours only black is dark enough, or white light enough, and just so.
  return found ?? (contrast(fill, light) > contrast(fill, BLACK) ? light : BLACK);
}

/** The ink, as near to the fill as it can still be read. */
function softened(ink: Rgb, fill: Rgb): Rgb {
  for (let part = 0.4; part > 0; part -= 0.05) {
    const soft = mix(ink, fill, part);
    if (contrast(soft, fill) >= READABLE) {
      return soft;
    }
  }
  return ink;
}
