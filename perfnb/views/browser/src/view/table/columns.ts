// The columns and their headers: what a reader sorts by.
import {element, icon, setAttributes} from "../dom";
import type {ColumnKey, Sort, TableAbout} from "./types";

interface Column {
  readonly key: ColumnKey;
  readonly label: string;
  readonly title: string;
}

export const COLUMNS: readonly Column[] = [
  {key: "self", label: "Self", title: "While the function itself was running, without what it called"},
  {key: "total", label: "Total", title: "While the function was anywhere on the stack; recursion counts once"},
  {key: "samples", label: "Samples", title: "Number of samples: self / total"},
  {key: "name", label: "Function", title: "The function, with its module or file"},
];

const DOWN = "m4 6.500 4 4 4-4";

/** What a click on a column's header makes of the sort. */
export function nextSort(sort: Sort, by: ColumnKey): Sort {
  return sort.by === by ? {by, descending: !sort.descending} : {by, descending: by !== "name"};
}

export class Header {
  readonly el: HTMLElement;
  private readonly cells: readonly HTMLElement[];

  constructor(prefix: string, chosen: (by: ColumnKey) => void) {
    this.cells = COLUMNS.map(({key, label, title}, at) => {
      // The grid is one stop of the Tab key: its arrow keys lead up here.
      const button = element("button", {type: "button", tabindex: -1, class: "tb-sort", title}, label, icon(DOWN));
      button.addEventListener("click", () => chosen(key));
      const cell = element("div", {role: "columnheader", class: `tb-cell tb-${key}`, "aria-colindex": at + 1}, button);
      cell.id = `${prefix}-${key}`;
      return cell;
    });
    const row = element("div", {role: "row", class: "tb-line", "aria-rowindex": 1}, ...this.cells);
    this.el = element("div", {role: "rowgroup", class: "tb-head"}, row);
  }

  show(sort: Sort, {counted, noun}: Pick<TableAbout, "counted" | "noun">): void {
    COLUMNS.forEach(({key}, at) => {
      if (key === "samples") {
        const button = this.cells[at].firstElementChild as HTMLElement;
        button.firstChild!.textContent = noun[0].toUpperCase() + noun.slice(1);
        button.title = `Number of ${noun}: self / total`;
      }
      const sorted = key === sort.by;
      setAttributes(this.cells[at], {"aria-sort": sorted ? (sort.descending ? "descending" : "ascending") : null});
      this.cells[at].hidden = key === "samples" && !counted;
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
      if (this.isShown(at)) {
        return at;
      }
    }
    return column;
  }

  /** The column that is sorted by, or one that can be seen if that is none. */
  start(sort: Sort): number {
    const at = COLUMNS.findIndex(({key}) => key === sort.by);
    return this.isShown(at) ? at : 0;
  }

  private isShown(column: number): boolean {
    return this.cells[column].offsetWidth > 0;
  }
}
