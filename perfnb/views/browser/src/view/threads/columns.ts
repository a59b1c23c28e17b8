// The columns of the table of threads.
import type {ThreadTimes, TimesKey} from "../../core/threadtimes";
import {element, icon, setAttributes} from "../dom";

export type ColumnKey = TimesKey | "name";

export interface Sort {
  readonly by: ColumnKey;
  readonly descending: boolean;
}

interface Column {
  readonly key: ColumnKey;
  readonly label: string;
  readonly title: string;
}

export const COLUMNS: readonly Column[] = [
  {key: "name", label: "Thread", title: "Click on a thread to look at it alone"},
  {key: "wall", label: "Wall time", title: "For how long the thread was there while it was recorded"},
  {key: "cpu", label: "On-CPU", title: "While it ran on a CPU"},
  {key: "queue", label: "Run queue", title: "While it could have run, and waited for a CPU"},
  {key: "blocked", label: "Blocked", title: "While it waited for something else: a lock, a file, a network, a clock"},
  {key: "held", label: "Held", title: "While the profiler held it, to read its stack"},
  {key: "voluntary", label: "Voluntary", title: "How often it left the CPU because it had to wait"},
  {key: "involuntary", label: "Involuntary", title: "How often it had to leave the CPU to others, with work left to do"},
];

const DOWN = "m4 6.500 4 4 4-4";

export function nextSort(sort: Sort, by: ColumnKey): Sort {
  return sort.by === by ? {by, descending: !sort.descending} : {by, descending: by !== "name"};
}

/** Those that say anything: few recordings hold threads. */
export function columnsOf(rows: readonly ThreadTimes[]): Column[] {
  return COLUMNS.filter(({key}) => key !== "held" || rows.some(({held}) => (held ?? 0) > 0));
}

export class Header {
  readonly el = element("div", {role: "rowgroup", class: "tb-head"});
  private cells: readonly HTMLElement[] = [];
  private shown = "";

  constructor(
    private readonly id: string,
    private readonly chosen: (by: ColumnKey) => void,
  ) {}

  show(columns: readonly Column[], sort: Sort): void {
    const shown = columns.map(({key}) => key).join(" ");
    if (shown !== this.shown) {
      this.shown = shown;
      this.cells = columns.map((column, at) => this.cell(column, at));
      this.el.replaceChildren(element("div", {role: "row", class: "th-line", "aria-rowindex": 1}, ...this.cells));
    }
    columns.forEach(({key}, at) => {
      const sorted = key === sort.by;
      setAttributes(this.cells[at], {"aria-sort": sorted ? (sort.descending ? "descending" : "ascending") : null});
    });
  }

  /** Shows where the keyboard is; −1 is nowhere here. Returns that cell's id. */
  activate(column: number): string | null {
    this.cells.forEach((cell, at) => cell.classList.toggle("tb-active", at === column));
    return this.cells[column]?.id ?? null;
  }

  /** The next column in a direction that can be seen now, or the same one. */
  beside(column: number, direction: 1 | -1): number {
    for (let at = column + direction; at >= 0 && at < this.cells.length; at += direction) {
      if (this.cells[at].offsetWidth > 0) {
        return at;
      }
    }
    return column;
  }

  private cell({key, label, title}: Column, at: number): HTMLElement {
    const swatch = ["cpu", "queue", "blocked", "held"].includes(key) ? element("span", {class: `swatch th-${key}-swatch`}) : null;
    // The grid is one stop of the Tab key: its arrow keys lead up here.
    const button = element("button", {type: "button", tabindex: -1, class: "tb-sort", title}, swatch, label, icon(DOWN));
    button.addEventListener("click", () => this.chosen(key));
    const attributes = {role: "columnheader", class: `th-cell th-${key}`, "aria-colindex": at + 1, id: `${this.id}-${key}`};
    return element("div", attributes, button);
  }
}
