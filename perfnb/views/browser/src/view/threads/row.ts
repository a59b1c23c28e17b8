// One row of the table of threads: an element that shows one thread after the other.
import {formatCount, formatShare, formatValue} from "../../core/format";
import {PARTS, wholeOf, type ThreadTimes} from "../../core/threadtimes";
import {element, replace, setAttributes} from "../dom";
import type {Slot} from "../table/window";
import {COLUMNS, type ColumnKey} from "./columns";

export interface Shown {
  readonly times: ThreadTimes;
  readonly label: string;
  /** Whether it has samples that can be looked at alone. */
  readonly known: boolean;
}

export interface RowState {
  /** The thread that alone is looked at. */
  readonly chosen: boolean;
  readonly active: boolean;
}

const MISSING = "–";
const NOT_MEASURED = "not measured";

export class ThreadRow implements Slot {
  readonly el: HTMLElement;
  private readonly cells = new Map<ColumnKey, HTMLElement>();
  private readonly bar = element("span", {class: "th-bar", "aria-hidden": "true"});

  constructor(id: string) {
    this.el = element("div", {role: "row", class: "th-line th-row", id});
  }

  show({times, label, known}: Shown, index: number, columns: readonly ColumnKey[]): void {
    if (this.cells.size !== columns.length) {
      this.cells.clear();
      columns.forEach((key, at) => {
        this.cells.set(key, element("div", {role: "gridcell", class: `th-cell th-${key}`, "aria-colindex": at + 1}));
      });
      replace(this.el, ...this.cells.values());
    }
    const whole = wholeOf(times);
    for (const [key, cell] of this.cells) {
      cell.classList.toggle("th-missing", key !== "name" && times[key] === null);
      setAttributes(cell, {title: key !== "name" && times[key] === null ? "Not measured in this recording" : null});
      replace(cell, ...this.content(key, times, label, whole));
    }
    this.bar.style.background = barOf(times, whole);
    this.el.classList.toggle("th-unknown", !known);
    setAttributes(this.el, {
      "aria-rowindex": index + 2,
      "data-row": index,
      "aria-label": inWords(times, label, columns, whole),
      title: known ? null : "No samples of this thread are in the picture",
    });
  }

  mark({chosen, active}: RowState): void {
    this.el.classList.toggle("th-chosen", chosen);
    this.el.classList.toggle("tb-active", active);
    this.el.setAttribute("aria-selected", String(chosen));
  }

  private content(key: ColumnKey, times: ThreadTimes, label: string, whole: number): (Node | string)[] {
    if (key === "name") {
      return [element("span", {class: "th-name-text", title: label}, label)];
    }
    const value = times[key];
    const text = element("span", {class: "th-value"}, value === null ? MISSING : written(key, value));
    if (key === "wall") {
      return [this.bar, text];
    }
    const isPart = (PARTS as readonly ColumnKey[]).includes(key);
    const share = value === null || whole === 0 ? "" : formatShare(value / whole);
    return isPart ? [text, element("span", {class: "th-share"}, share)] : [text];
  }
}

function written(key: ColumnKey, value: number): string {
  return key === "voluntary" || key === "involuntary" ? formatCount(value) : formatValue(value, "ns");
}

/** The parts side by side; what nobody measured is left empty. */
function barOf(times: ThreadTimes, whole: number): string {
  if (whole <= 0) {
    return "var(--th-track)";
  }
  let at = 0;
  const stops: string[] = [];
  for (const part of PARTS) {
    const to = at + (100 * (times[part] ?? 0)) / whole;
    stops.push(`var(--th-${part}) ${at.toFixed(2)}% ${to.toFixed(2)}%`);
    at = to;
  }
  return `linear-gradient(to right, ${stops.join(", ")}, var(--th-track) ${at.toFixed(2)}%)`;
}

function inWords(times: ThreadTimes, label: string, columns: readonly ColumnKey[], whole: number): string {
  const parts = columns.filter((key): key is Exclude<ColumnKey, "name"> => key !== "name").map((key) => {
    const name = COLUMNS.find((column) => column.key === key)!.label;
    const value = times[key];
    const isPart = (PARTS as readonly ColumnKey[]).includes(key) && whole > 0;
    return `${name} ${value === null ? NOT_MEASURED : written(key, value) + (isPart ? `, ${formatShare(value / whole)}` : "")}`;
  });
  return [label, ...parts].join("; ");
}
