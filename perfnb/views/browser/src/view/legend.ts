// What the colours mean.
import {formatShare} from "../core/format";
import {ROOT} from "../core/calltree";
import {kindColor, moduleColor, topLevel, type ColorBy, type Palette, type Theme} from "../core/palette";
import {element, replace} from "./dom";
import type {Scene} from "./scene";

const MODULES = 8;

export class Legend {
  readonly el = element("div", {class: "legend", "aria-label": "Colours"});

  show(scene: Scene, colorBy: ColorBy, theme: Theme, palette: Palette): void {
    const items = colorBy === "module" ? moduleItems(scene, theme) : kindItems(scene, theme);
    if (colorBy === "name") {
      items.push(element("span", {class: "legend-note"}, "shade by function name, the same in every profile"));
    }
    if (scene.hit !== null) {
      items.push(item(palette.match.fill, "match", formatShare(scene.hit.fraction)));
    }
    replace(this.el, ...items);
  }
}

function kindItems({tree, tables}: Scene, theme: Theme): HTMLElement[] {
  const present = new Set<number>();
  for (const id of tree.function) {
    if (id >= 0) {
      present.add(tables.functions.kind[id]);
    }
  }
  return tables.kinds.filter((_, kind) => present.has(kind)).map((kind) => item(kindColor(kind, theme), kind));
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
  const items = ranked
    .slice(0, MODULES)
    .map(([module, sum]) => item(moduleColor(module, theme), module, formatShare(sum / whole)));
  if (ranked.length > MODULES) {
    items.push(element("span", {class: "legend-note"}, `and ${ranked.length - MODULES} more`));
  }
  return items;
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
