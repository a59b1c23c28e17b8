// One row of the function table: an element that shows one function after the other.
import {formatCount, formatShare, formatValue} from "../../core/format";
import {kindColor} from "../../core/families";
import {element, icon, setAttributes} from "../dom";
import {labelOf, refAt} from "./model";
import type {FunctionTable, ProbedRow, TableAbout} from "./types";
import type {Slot} from "./window";

export interface RowState {
  readonly marked: boolean;
  readonly active: boolean;
  readonly matched: boolean;
}

const DOTS = ["M3.500 8h.01", "M8 8h.01", "M12.500 8h.01"];

/** A value, its bar and its share. */
class Amount {
  readonly value = element("span", {class: "tb-value"});
  readonly share = element("span", {class: "tb-share"});
  private readonly bar = element("span", {class: "tb-bar", "aria-hidden": "true"});
  readonly el: HTMLElement;

  constructor(key: "self" | "total", column: number) {
    const attributes = {role: "gridcell", class: `tb-cell tb-${key}`, "aria-colindex": column};
    this.el = element("div", attributes, this.value, this.bar, this.share);
  }

  show(value: string, share: string, fraction: number): void {
    this.value.textContent = value;
    this.share.textContent = share;
    this.bar.style.backgroundSize = `${(100 * Math.min(1, Math.max(0, fraction))).toFixed(2)}% 100%`;
    this.el.classList.toggle("tb-zero", fraction === 0);
  }
}

export class Row implements Slot {
  readonly el: HTMLElement;
  readonly menu = element("button", {type: "button", tabindex: -1, class: "tb-menu"}, icon(...DOTS));
  readonly place = element("div", {role: "gridcell", class: "tb-cell tb-name", "aria-colindex": 4});
  private readonly self = new Amount("self", 1);
  private readonly total = new Amount("total", 2);
  private readonly selfSamples = element("span", {class: "tb-self-samples"});
  private readonly totalSamples = element("span", {class: "tb-total-samples"});
  private readonly samples: HTMLElement;
  private readonly swatch = element("span", {class: "tb-swatch", "aria-hidden": "true"});
  private readonly name = element("span", {class: "tb-title"});
  private readonly detail = element("span", {class: "tb-detail"});
  private state: RowState = {marked: false, active: false, matched: false};

  constructor(id: string) {
    const samples = [this.selfSamples, element("span", {class: "tb-slash"}, " / "), this.totalSamples];
    this.samples = element("div", {role: "gridcell", class: "tb-cell tb-samples", "aria-colindex": 3}, ...samples);
    this.place.append(this.swatch, this.name, this.detail, this.menu);
    const cells = [this.self.el, this.total.el, this.samples, this.place];
    this.el = element("div", {role: "row", class: "tb-line tb-row", id}, ...cells);
  }

  show(table: FunctionTable, at: number, index: number, about: TableAbout, highlight: RegExp | null): void {
    const {value} = table.tables;
    const {unit} = value;
    const ref = refAt(table, at);
    const {name, detail} = labelOf(ref);
    const part = (value: number): number => (table.whole > 0 ? value / table.whole : 0);
    const [self, total] = [part(table.self[at]), part(table.total[at])];
    this.self.show(formatValue(table.self[at], unit), formatShare(self), self);
    this.total.show(formatValue(table.total[at], unit), formatShare(total), total);
    this.samples.hidden = !about.counted;
    this.selfSamples.textContent = formatCount(table.selfSamples[at]);
    this.totalSamples.textContent = formatCount(table.totalSamples[at]);
    this.swatch.style.background = kindColor(ref.kind, value, about.theme);
    emphasize(this.name, name, highlight);
    emphasize(this.detail, detail, highlight);
    setAttributes(this.el, {"aria-rowindex": index + 2, "data-row": index, "aria-label": inWords(table, at, about)});
    // Notes are for names: numbers are there to be compared, with nothing above them.
    setAttributes(this.place, {"data-index": index});
    this.menu.setAttribute("aria-label", `Actions for ${name}`);
  }

  mark(state: RowState): void {
    this.state = state;
    this.el.classList.toggle("tb-marked", state.marked);
    this.el.classList.toggle("tb-active", state.active);
    this.el.classList.toggle("tb-matched", state.matched);
    this.el.setAttribute("aria-selected", String(state.marked));
  }

  probe(index: number, top: number): ProbedRow {
    const {y, height} = this.el.getBoundingClientRect();
    const text = (el: HTMLElement): string => el.textContent ?? "";
    return {
      index,
      name: text(this.name),
      detail: text(this.detail),
      self: text(this.self.value),
      selfShare: text(this.self.share),
      total: text(this.total.value),
      totalShare: text(this.total.share),
      samples: this.samples.hidden ? "" : `${text(this.selfSamples)} / ${text(this.totalSamples)}`,
      y: y - top,
      height,
      ...this.state,
    };
  }
}

/** What a screen reader says of a row. */
function inWords(table: FunctionTable, at: number, {counted, noun}: TableAbout): string {
  const {unit} = table.tables.value;
  const {name, detail} = labelOf(refAt(table, at));
  const share = (value: number): string => formatShare(table.whole > 0 ? value / table.whole : 0);
  const parts = [
    detail === "" ? name : `${name} in ${detail}`,
    `self ${formatValue(table.self[at], unit)}, ${share(table.self[at])}`,
    `total ${formatValue(table.total[at], unit)}, ${share(table.total[at])}`,
  ];
  if (counted) {
    parts.push(`${noun} ${formatCount(table.selfSamples[at])} of ${formatCount(table.totalSamples[at])}`);
  }
  return parts.join("; ");
}

/** The text, with the first place that a search found in it highlighted. */
function emphasize(el: HTMLElement, text: string, highlight: RegExp | null): void {
  const found = highlight?.exec(text);
  if (!found || found[0] === "") {
    el.textContent = text;
    return;
  }
  const end = found.index + found[0].length;
  const mark = element("mark", {class: "tb-found"}, found[0]);
  el.replaceChildren(text.slice(0, found.index), mark, text.slice(end));
}
