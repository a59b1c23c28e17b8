// One line of the listing: an element that shows one line after the other.
import {formatCount, formatShare, formatValue} from "../../core/format";
import {element, setAttributes} from "../dom";
import {amounts} from "../table/notes";
import type {Slot} from "../table/window";
import {isGap, type Gap, type TextLine} from "./listing";
import type {Token} from "./tokens";
import type {LineTable, ProbedLine, SourceAbout} from "./types";

export interface LineState {
  readonly active: boolean;
  readonly hottest: boolean;
}

/** Beyond this many characters nobody reads on, and browsers slow down. */
export const LONGEST = 2000;

export class Line implements Slot {
  readonly el: HTMLElement;
  private readonly number = cell("line", 1);
  private readonly self = cell("self", 2);
  private readonly total = cell("total", 3);
  private readonly text = cell("text", 4);
  private line = 0;
  private heat = 0;
  private state: LineState = {active: false, hottest: false};

  constructor(id: string) {
    this.el = element("div", {role: "row", class: "sc-row", id}, this.number, this.self, this.total, this.text);
  }

  /** `hottest` is the largest self of any line: the colour of the others is in proportion to it. */
  show(
    row: TextLine,
    index: number,
    table: LineTable,
    tokens: readonly Token[] | null,
    hottest: number,
    about: SourceAbout,
  ): void {
    const {at} = row;
    const value = (column: Float64Array): string =>
      at < 0 || column[at] === 0 ? "" : formatValue(column[at], about.unit);
    this.line = row.line;
    this.heat = at < 0 || hottest <= 0 ? 0 : Math.max(0, table.self[at] / hottest);
    this.number.textContent = String(row.line);
    this.self.textContent = value(table.self);
    this.total.textContent = value(table.total);
    if (tokens === null) {
      this.text.replaceChildren(element("span", {class: "sc-names"}, at < 0 ? "" : table.functions[at]));
    } else {
      this.text.replaceChildren(...tokens.map(coloured));
    }
    this.dress(index, at >= 0);
    this.el.setAttribute("aria-label", inWords(row, table, this.text.textContent ?? "", about));
  }

  showGap({from, to, measured, self}: Gap, index: number, about: SourceAbout): void {
    this.line = 0;
    this.heat = 0;
    this.number.textContent = "⋯";
    this.self.textContent = self === 0 ? "" : formatValue(self, about.unit);
    this.total.textContent = "";
    const lines = from === to ? `line ${from}` : `lines ${from}–${to}`;
    const samples = measured === 0 ? "" : `, ${formatCount(measured)} of them with samples`;
    this.text.replaceChildren(element("span", {class: "sc-names"}, `${lines} left out${samples}`));
    this.dress(index, false);
    const sum = self === 0 ? "" : `, self ${formatValue(self, about.unit)}`;
    this.el.setAttribute("aria-label", `${lines} left out${samples}${sum}`);
    this.el.classList.add("sc-gap");
  }

  mark(state: LineState): void {
    this.state = state;
    this.el.classList.toggle("sc-active", state.active);
    this.el.classList.toggle("sc-hottest", state.hottest);
    this.el.setAttribute("aria-selected", String(state.active));
  }

  probe(top: number): ProbedLine {
    const {y, height} = this.el.getBoundingClientRect();
    const text = (el: HTMLElement): string => el.textContent ?? "";
    return {
      line: this.line,
      self: text(this.self),
      total: text(this.total),
      text: text(this.text),
      y: y - top,
      height,
      heat: this.heat,
      ...this.state,
    };
  }

  private dress(index: number, measured: boolean): void {
    setAttributes(this.el, {"aria-rowindex": index + 2, "data-row": index});
    // Notes are for numbers: over the text they would be in the way of reading.
    setAttributes(this.self, {"data-index": measured ? index : null});
    setAttributes(this.total, {"data-index": measured ? index : null});
    this.el.classList.remove("sc-gap");
    this.el.style.setProperty("--sc-heat", `${this.heat === 0 ? 0 : (6 + 50 * this.heat).toFixed(1)}%`);
  }
}

function coloured({kind, text}: Token): Node | string {
  return kind === "plain" ? text : element("span", {class: `sc-${kind}`}, text);
}

function cell(name: string, column: number): HTMLElement {
  return element("div", {role: "gridcell", class: `sc-cell sc-${name}`, "aria-colindex": column});
}

/** What a screen reader says of a line. */
function inWords({line, at}: TextLine, table: LineTable, text: string, {unit, whole}: SourceAbout): string {
  const parts = [`line ${line}`];
  if (at >= 0) {
    const share = (value: number): string => formatShare(whole > 0 ? value / whole : 0);
    parts.push(`self ${formatValue(table.self[at], unit)}, ${share(table.self[at])}`);
    parts.push(`total ${formatValue(table.total[at], unit)}, ${share(table.total[at])}`);
  }
  parts.push(text.trim() || "empty");
  return parts.join("; ");
}

/** The numbers of a line with what does not fit the columns. */
export function lineNote(row: TextLine | Gap, table: LineTable, about: SourceAbout): HTMLElement | null {
  if (isGap(row) || row.at < 0) {
    return null;
  }
  const {at, line} = row;
  const rows = [
    {name: "self", value: table.self[at], samples: table.selfSamples[at]},
    {name: "total", value: table.total[at], samples: table.totalSamples[at]},
  ];
  return element(
    "div",
    {class: "details"},
    element("div", {class: "details-name"}, `Line ${line}`),
    element("div", {class: "details-facts"}, table.functions[at]),
    amounts(rows, about),
  );
}
