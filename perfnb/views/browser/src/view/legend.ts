// What the colours mean.
import {css} from "../core/color";
import {formatShare} from "../core/format";
import {ROOT} from "../core/calltree";
import {kindColor} from "../core/families";
import {threadLabel} from "../core/labels";
import {heatColors, heatPlace, type Heat, type Owners} from "../core/nodecolors";
import {blend, blends, type StateColors} from "../core/nodestates";
import {moduleColor, PLAIN, topLevel, type ColorBy, type Palette, type Theme} from "../core/palette";
import {element, replace} from "./dom";
import type {Scene} from "./scene";

/** As many modules, or threads, as are read. */
const MOST = 8;
const MARKS = [0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.001, 0.0001];
/** Of the scale's width. */
const MARK_ROOM = 0.19;

export class Legend {
  readonly el = element("div", {class: "legend", "aria-label": "Colours"});

  show(scene: Scene, colorBy: ColorBy, theme: Theme, palette: Palette): void {
    const items = itemsOf(scene, colorBy, theme, palette);
    if (scene.hit !== null) {
      items.push(item(palette.match.fill, "match", formatShare(scene.hit.fraction)));
    }
    replace(this.el, ...items);
  }
}

function itemsOf(scene: Scene, colorBy: ColorBy, theme: Theme, palette: Palette): HTMLElement[] {
  switch (colorBy) {
    case "module":
      return moduleItems(scene, theme);
    case "self":
      return palette.heat === null ? [] : heatItems(palette.heat, scene.options.inverted, theme);
    case "thread":
      return palette.owners === null ? [] : threadItems(scene, palette.owners, palette);
    case "kind":
      return kindItems(scene, theme);
    case "state":
      return palette.states === null ? itemsOf(scene, "name", theme, palette) : stateItems(palette.states, theme);
    case "name":
      return [...kindItems(scene, theme), note("shade by function name, the same in every profile")];
  }
}

function kindItems({tree, tables}: Scene, theme: Theme): HTMLElement[] {
  // Flags and not a set: this is asked of every box while a range of time is dragged.
  const present = new Uint8Array(tables.kinds.length);
  for (const id of tree.function) {
    if (id >= 0) {
      present[tables.functions.kind[id]] = 1;
    }
  }
  return tables.kinds.filter((_, kind) => present[kind] === 1).map((kind) => item(kindColor(kind, tables.value, theme), kind));
}

/** Modules by the time that was their own. */
function moduleItems({tree, tables, options}: Scene, theme: Theme): HTMLElement[] {
  const sums = new Map<string, number>();
  tree.function.forEach((id, node) => {
    if (id >= 0) {
      const module = topLevel(tables.strings[tables.functions.module[id]]);
      // Inverted, the functions in which the time went by are the outermost boxes.
      const outermost = tree.function[tree.parent[node]] < 0;
      const own = options.inverted ? (outermost ? tree.total[node] : 0) : tree.self[node];
      sums.set(module, (sums.get(module) ?? 0) + own);
    }
  });
  sums.delete("");
  const ranked = [...sums].filter(([, sum]) => sum > 0).sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  const whole = tree.total[ROOT];
  return listed(
    ranked.map(
      ([module, sum]) =>
        () =>
          item(moduleColor(module, theme), module, formatShare(sum / whole)),
    ),
  );
}

function threadItems({tables}: Scene, {threads, several}: Owners, palette: Palette): HTMLElement[] {
  const fill = (color: number): string => palette.paints[PLAIN][color].fill;
  const items = listed(
    threads.map(
      ({thread, color, share}) =>
        () =>
          item(fill(color), threadLabel(tables.threads, thread), formatShare(share)),
    ),
  );
  return several < 0 ? items : [...items, item(fill(several), "several threads")];
}

/** Each state, and how boxes look that hold two of them. */
function stateItems({states}: StateColors, theme: Theme): HTMLElement[] {
  const items = states.map(({state, share}) => item(css(blend([state], [1], theme)), state, formatShare(share)));
  const [hot, cool] = ["on-CPU", "off-CPU"];
  if (!states.some(({state}) => state === hot) || !states.some(({state}) => state === cool)) {
    return states.length > 1 ? [...items, note("what is both has a colour between")] : items;
  }
  const bar = element("span", {class: "legend-mix", "aria-hidden": "true"});
  bar.style.background = `linear-gradient(to right, ${blends(hot, cool, theme).join(", ")})`;
  return [...items, element("span", {class: "legend-item"}, bar, note("what is both, by its shares"))];
}

/** The scale with its numbers: as many as find room. */
function heatItems({top}: Heat, inverted: boolean, theme: Theme): HTMLElement[] {
  const bar = element("span", {class: "legend-scale-bar"});
  bar.style.background = `linear-gradient(to right, ${heatColors(theme).map(css).join(", ")})`;
  const says = `from 0 to ${formatShare(top)}`;
  const scale = element("span", {class: "legend-scale", role: "img", "aria-label": says}, bar);
  let last = Infinity;
  // The end of the scale matters most.
  for (const share of [top, ...MARKS.filter((mark) => mark < top * 0.999), 0]) {
    const place = heatPlace(share, top);
    if (share === 0 || (last - place >= MARK_ROOM && place >= MARK_ROOM)) {
      const mark = element("span", {class: "legend-scale-mark"}, markText(share));
      mark.style.left = `${place * 100}%`;
      scale.append(mark);
      last = place;
    }
  }
  const [name, what] = inverted ? ["time", "that came this way, of all"] : ["self", "a box's own part of all"];
  return [element("span", {class: "legend-item"}, name), scale, note(what)];
}

function markText(share: number): string {
  return `${Number((share * 100).toPrecision(2))}\u00a0%`;
}

function listed(makers: readonly (() => HTMLElement)[]): HTMLElement[] {
  const items = makers.slice(0, MOST).map((make) => make());
  return makers.length > MOST ? [...items, note(`and ${makers.length - MOST} more`)] : items;
}

function note(text: string): HTMLElement {
  return element("span", {class: "legend-note"}, text);
}

function item(color: string, label: string, value: string | null = null): HTMLElement {
  const swatch = element("span", {class: "swatch"});
  swatch.style.background = color;
  return element(
    "span",
    {class: "legend-item"},
    swatch,
    label,
    value === null ? null : element("span", {class: "legend-value"}, value),
  );
}

/** For the style sheet of the component. */
export const LEGEND_STYLE = /* css */ `
.legend-mix { display: inline-block; width: 96px; height: 10px; border-radius: 3px; box-shadow: inset 0 0 0 1px rgba(128, 128, 128, .25); }
.legend-scale { position: relative; display: inline-block; width: 220px; height: 26px; margin: 0 18px 0 8px; }
.legend-scale-bar { position: absolute; inset: 2px 0 auto 0; height: 9px; border-radius: 2px; box-shadow: inset 0 0 0 1px rgba(128, 128, 128, .3); }
.legend-scale-mark { position: absolute; top: 10px; transform: translateX(-50%); white-space: nowrap; font-size: 10.5px; line-height: 16px; font-variant-numeric: tabular-nums; }
.legend-scale-mark::before { content: ""; position: absolute; left: 50%; top: 0; width: 1px; height: 3px; background: currentColor; }
@container (max-width: 560px) { .legend-scale { width: 160px; } }
`;
