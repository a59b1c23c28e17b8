// What is said about a moment in a lane.
import {formatCount, formatShare} from "../../core/format";
import {threadLabel} from "../../core/labels";
import type {Theme} from "../../core/palette";
import {stateColor} from "../../core/states";
import type {Tables} from "../../core/tables";
import {formatTime} from "../../core/ticks";
import {element} from "../dom";
import {sumAt, type Bars, type Lane} from "./bars";
import type {Range} from "./types";

const SPACE = "\u00a0";

export function timeNote(at: number, {from, to}: Bars): HTMLElement {
  return element("div", {class: "details"}, element("div", {class: "details-name"}, formatTime(at, to - from)));
}

export function rangeNote([from, to]: Range, bars: Bars): HTMLElement {
  const span = bars.to - bars.from;
  return element(
    "div",
    {class: "details"},
    element("div", {class: "details-name"}, `${formatTime(from, span)} – ${formatTime(to, span)}`),
    element("div", {class: "details-facts"}, `${formatTime(to - from, span)} long`),
  );
}

export function laneNote(bars: Bars, lane: Lane, bar: number, at: number, tables: Tables, theme: Theme): HTMLElement {
  const [from, to] = [bars.edges[bar], bars.edges[bar + 1]];
  const sum = sumAt(lane, bar);
  const span = bars.to - bars.from;
  const row = (name: HTMLElement | string, count: number): HTMLElement =>
    element(
      "tr",
      {},
      element("th", {scope: "row"}, name),
      element("td", {class: "strong"}, formatShare(count / sum)),
      element("td", {}, rateText(count / (to - from), bars.unit)),
    );
  const rows = bars.states
    .map((state, index) => ({name: tables.states[state], count: lane.counts[index][bar]}))
    .filter(({count}) => count > 0)
    .map(({name, count}) => row(named(name, theme), count));
  if (rows.length > 1) {
    rows.push(row("together", sum));
  }
  const when = `from ${formatTime(from, span)} to ${formatTime(to, span)}`;
  const what = sum === 0 ? `no ${tables.meta.noun}` : bars.unit === "samples" ? countText(sum) : "";
  return element(
    "div",
    {class: "details"},
    element("div", {class: "details-name"}, formatTime(at, span)),
    element("div", {class: "details-facts"}, threadLabel(tables.threads, lane.thread)),
    rows.length > 0 ? element("table", {class: "tl-rates"}, element("tbody", {}, ...rows)) : null,
    element("div", {class: "details-facts tl-when"}, `${what} ${when}`.trim()),
  );
}

function named(state: string, theme: Theme): HTMLElement {
  const swatch = element("span", {class: "swatch"});
  swatch.style.background = stateColor(state, theme);
  return element("span", {class: "tl-state"}, swatch, state);
}

function countText(count: number): string {
  return `${formatCount(count)} ${Math.round(count) === 1 ? "sample" : "samples"}`;
}

/** How much there is in a time: samples a second, or how much of the time they lasted. */
export function rateText(perNs: number, unit: Bars["unit"]): string {
  if (unit === "ns") {
    return `${formatShare(perNs)} of the time`;
  }
  const rate = perNs * 1e9;
  const text = rate >= 99.95 ? formatCount(rate) : rate.toFixed(rate >= 9.995 ? 1 : 2).replace(/\.0+$/, "");
  return `${text}${SPACE}samples/s`;
}
