// What is said about one frame: in the tooltip, and in words for those who do not see it.
import {ROOT} from "../core/calltree";
import {formatCount, formatShare, formatValue} from "../core/format";
import {nodePlace} from "../core/labels";
import {counted} from "../core/words";
import {element} from "./dom";
import type {Scene} from "./scene";

export function detailsOf(scene: Scene, node: number, focus: number, color: string): HTMLElement {
  const {tree, tables} = scene;
  const label = scene.label(node);
  const id = tree.function[node];
  const place = nodePlace(tables, tree, node);
  const facts: string[] = [];
  if (id >= 0) {
    facts.push(tables.kinds[tables.functions.kind[id]]);
    const module = tables.strings[tables.functions.module[id]];
    if (module !== "") {
      facts.push(module);
    }
  }
  const head = [element("th"), element("th", {scope: "col"}, scene.measure.kind)];
  head.push(element("th", {scope: "col"}, "of all"));
  if (focus !== ROOT) {
    head.push(element("th", {scope: "col"}, "of zoomed"));
  }
  if (tables.counted) {
    head.push(element("th", {scope: "col"}, tables.meta.noun));
  }
  const row = (title: string, value: number, samples: number): HTMLElement => {
    const cells = [
      element("th", {scope: "row"}, title),
      element("td", {class: "strong"}, formatValue(value, scene.measure.unit)),
      element("td", {}, shareOf(value, tree.total[ROOT])),
    ];
    if (focus !== ROOT) {
      // What lies above the zoomed frame is more than all of it: no share to speak of.
      const inside = scene.covers(focus, node);
      cells.push(element("td", {}, inside ? shareOf(value, tree.total[focus]) : "–"));
    }
    if (tables.counted) {
      cells.push(element("td", {}, formatCount(samples)));
    }
    return element("tr", {}, ...cells);
  };
  const body = element("tbody", {}, row("total", tree.total[node], tree.totalSamples[node]));
  if (!scene.options.inverted) {
    // In an inverted tree a box's own part is where stacks begin, which is no one's self time.
    body.append(row("self", tree.self[node], tree.selfSamples[node]));
  }
  const states = scene.statesAt(node);
  const inAll = states.reduce((sum, {part}) => sum + part, 0);
  const swatch = element("span", {class: "swatch"});
  swatch.style.background = color;
  return element(
    "div",
    {class: "details"},
    element("div", {class: "details-name"}, swatch, element("span", {}, label.name)),
    place === "" ? null : element("div", {class: "details-place"}, place),
    facts.length === 0 ? null : element("div", {class: "details-facts"}, facts.join(" · ")),
    states.length === 0
      ? null
      : element("div", {class: "details-facts"}, states.map(({state, part}) => `${state} ${shareOf(part, inAll)}`).join(" · ")),
    element("table", {}, element("thead", {}, element("tr", {}, ...head)), body),
  );
}

export function inWords(scene: Scene, node: number): string {
  const {tree, tables} = scene;
  const label = scene.label(node);
  const {unit} = scene.measure;
  const parts = [
    label.detail === "" ? label.name : `${label.name} in ${label.detail}`,
    `total ${formatValue(tree.total[node], unit)}, ${shareOf(tree.total[node], tree.total[ROOT])} of all`,
  ];
  if (!scene.options.inverted) {
    parts.push(`self ${formatValue(tree.self[node], unit)}`);
  }
  if (tables.counted) {
    parts.push(counted(tree.totalSamples[node], tables.meta.noun));
  }
  parts.push(`depth ${scene.boxes.depth[node]}`);
  return parts.join("; ");
}

export function shareOf(part: number, whole: number): string {
  return formatShare(whole > 0 ? part / whole : 0);
}
