// The grid of functions: its rows, which of them are marked, and moving about in it.
import {element, setAttributes} from "../dom";
import {sameRef} from "../engine";
import type {Tip} from "../tip";
import {COLUMNS, Header} from "./columns";
import {asksForMenu, isForeign, stepOf, stepped} from "./keys";
import type {FunctionList} from "./list";
import {functionNote, Notes} from "./notes";
import {Row} from "./row";
import type {ColumnKey, FunctionRef, FunctionTable, TableAbout, TableActions, TableProbe} from "./types";
import {widthOfCounts, widthOfValues} from "./width";
import {RowWindow} from "./window";

export interface GridActions extends TableActions {
  sort(by: ColumnKey): void;
}

const ROW_HEIGHT = 24;
const HEAD_HEIGHT = 27;
/** Characters: with longer values there is room for fewer columns. */
const LONG = 8;

export class FunctionGrid {
  readonly el: HTMLElement;
  private readonly header: Header;
  private readonly body = element("div", {role: "rowgroup", class: "tb-body"});
  private readonly grid: HTMLElement;
  private readonly nothing = element("div", {class: "tb-nothing", hidden: true});
  private readonly window: RowWindow<Row>;
  private readonly notes: Notes;
  private about: TableAbout = {theme: "light", counted: true, noun: "samples", pattern: ""};
  private marked: FunctionRef | null = null;
  private active: FunctionRef | null = null;
  private markedRow = -1;
  private activeRow = -1;
  /** The header that the keyboard is on; −1 if it is on the rows. */
  private column = -1;
  private slots = 0;

  constructor(
    id: string,
    private readonly list: FunctionList,
    private readonly actions: GridActions,
    tip: Tip,
  ) {
    this.header = new Header(id, (by) => actions.sort(by));
    const attributes = {role: "grid", class: "tb-grid", tabindex: 0, "aria-label": "Functions"};
    this.grid = element("div", attributes, this.header.el, this.body);
    this.el = element("div", {class: "tb-frame"}, this.grid, this.nothing, element("div", {class: "tb-ring"}));
    this.window = new RowWindow<Row>(this.grid, this.body, {
      rowHeight: ROW_HEIGHT,
      headHeight: HEAD_HEIGHT,
      make: () => new Row(`${id}-${this.slots++}`),
      fill: (row, index) => this.fill(row, index),
      moved: () => this.point(),
    });
    this.notes = new Notes(this.body, tip, (at) => this.note(at));
    this.listen();
  }

  /** Other rows, or the same ones in another order; `empty` is said where there are none. */
  open(about: TableAbout, empty: string): void {
    const {list} = this;
    this.about = about;
    this.notes.hide();
    this.header.show(list.sort, about);
    this.grid.classList.toggle("tb-uncounted", !about.counted);
    setAttributes(this.grid, {
      "aria-rowcount": list.rows.length + 1,
      "aria-colcount": about.counted ? COLUMNS.length : COLUMNS.length - 1,
    });
    this.nothing.hidden = list.rows.length > 0;
    this.nothing.textContent = empty;
    this.place();
    this.window.open(list.rows.length);
  }

  /** Columns as wide as the numbers of a table need. */
  fit(table: FunctionTable): void {
    const value = widthOfValues(table);
    this.grid.style.setProperty("--tb-value", `${value}ch`);
    this.grid.style.setProperty("--tb-count", `${widthOfCounts(table)}ch`);
    this.grid.classList.toggle("tb-long", value > LONG);
  }

  /** The same rows in other colours. */
  dye(about: TableAbout): void {
    this.about = about;
    this.window.refill();
  }

  /** Highlights a function's row and scrolls to it; the focus stays where it is. */
  mark(ref: FunctionRef | null): void {
    if (sameRef(ref, this.marked)) {
      return;
    }
    this.marked = ref;
    this.active = ref ?? this.active;
    this.column = -1;
    this.dressAll();
    if (this.markedRow >= 0) {
      this.window.reveal(this.markedRow, true);
    }
  }

  focus(): void {
    this.grid.focus({preventScroll: true});
  }

  toTop(): void {
    this.window.reveal(0);
  }

  dispose(): void {
    this.notes.dispose();
    this.window.dispose();
  }

  probe(): Pick<TableProbe, "rows" | "marked" | "active"> {
    const {top} = this.grid.getBoundingClientRect();
    return {
      rows: this.window.seen.map(([index, row]) => row.probe(index, top)),
      marked: this.marked,
      active: this.column >= 0 ? COLUMNS[this.column].label : this.list.nameOf(this.activeRow),
    };
  }

  // What is shown.

  private fill(row: Row, index: number): void {
    const {list} = this;
    if (list.table === null) {
      return;
    }
    row.show(list.table, list.rows[index], index, this.about, list.highlight);
    this.dress(row, index);
  }

  private dress(row: Row, index: number): void {
    row.mark({
      marked: index === this.markedRow,
      active: this.column < 0 && index === this.activeRow,
      matched: this.list.isMatch(index),
    });
  }

  /** Where the marks are, and tells assistive technology where in the grid the keyboard is. */
  private dressAll(): void {
    this.place();
    this.window.each((row, index) => this.dress(row, index));
    this.point();
  }

  private place(): void {
    this.markedRow = this.list.rowOf(this.marked);
    this.activeRow = sameRef(this.active, this.marked) ? this.markedRow : this.list.rowOf(this.active);
  }

  private point(): void {
    const head = this.header.activate(this.column);
    const row = this.window.at(this.activeRow);
    setAttributes(this.grid, {"aria-activedescendant": head ?? row?.el.id ?? null});
  }

  private note(index: number): HTMLElement | null {
    const {table, rows} = this.list;
    return table === null ? null : functionNote(table, rows[index], this.about);
  }

  // What the reader does.

  private listen(): void {
    this.grid.addEventListener("keydown", (event) => this.onKey(event));
    this.grid.addEventListener("blur", () => this.notes.hide());
    // Buttons within the grid must not keep its focus: rows come and go.
    this.grid.addEventListener("focusin", (event) => event.target !== this.grid && this.grid.focus({preventScroll: true}));
    this.grid.addEventListener("mousedown", (event) => {
      if ((event.target as Element).closest("button") !== null) {
        event.preventDefault();
        this.grid.focus({preventScroll: true});
      }
    });
    this.body.addEventListener("click", (event) => {
      const index = this.indexAt(event);
      if (index >= 0) {
        this.turnTo(index);
        if ((event.target as Element).closest(".tb-menu") !== null) {
          this.openMenu(index);
        }
      }
    });
    this.body.addEventListener("dblclick", (event) => {
      if ((event.target as Element).closest(".tb-menu") === null) {
        this.openAt(this.indexAt(event));
      }
    });
    this.grid.addEventListener("contextmenu", (event) => {
      const index = this.indexAt(event);
      // From the keyboard it comes to the grid itself, after the key.
      if (index >= 0 || event.target === this.grid) {
        event.preventDefault();
      }
      if (index >= 0) {
        this.turnTo(index);
        this.openMenu(index);
      }
    });
  }

  private onKey(event: KeyboardEvent): void {
    if (!isForeign(event) && event.target === this.grid && (this.column >= 0 ? this.headKey(event) : this.rowKey(event))) {
      event.preventDefault();
      event.stopPropagation();
    }
  }

  private rowKey(event: KeyboardEvent): boolean {
    const at = this.activeRow;
    const step = stepOf(event);
    if (step === "up" && at <= 0) {
      this.goToHead(this.header.start(this.list.sort));
    } else if (step !== null) {
      this.turnTo(stepped(at, step, this.window.page, this.list.rows.length));
    } else if (event.key === "Enter") {
      this.openAt(at);
    } else if (event.key === " ") {
      this.turnTo(at);
    } else if (asksForMenu(event)) {
      this.openMenu(at);
    } else {
      return false;
    }
    return true;
  }

  private headKey(event: KeyboardEvent): boolean {
    switch (event.key) {
      case "ArrowLeft":
      case "ArrowRight":
        this.goToHead(this.header.beside(this.column, event.key === "ArrowLeft" ? -1 : 1));
        return true;
      case "ArrowDown":
        this.goToHead(-1);
        this.turnTo(Math.max(0, this.activeRow));
        return true;
      case "Enter":
      case " ":
        this.actions.sort(COLUMNS[this.column].key);
        return true;
      default:
        return stepOf(event) !== null;
    }
  }

  private goToHead(column: number): void {
    this.column = column;
    this.dressAll();
  }

  /** Marks a row and tells so. */
  private turnTo(index: number): void {
    const ref = this.list.refOf(index);
    if (ref === null) {
      return;
    }
    this.notes.hide();
    this.column = -1;
    this.marked = ref;
    this.active = ref;
    this.dressAll();
    this.window.reveal(index);
    this.actions.select(ref);
  }

  private openAt(index: number): void {
    const ref = this.list.refOf(index);
    if (ref !== null) {
      this.actions.open(ref);
    }
  }

  private openMenu(index: number): void {
    const ref = this.list.refOf(index);
    if (ref !== null) {
      this.notes.hide();
      this.window.reveal(index);
      this.actions.menu(ref, this.window.at(index)?.menu ?? this.grid);
    }
  }

  private indexAt(event: Event): number {
    const row = (event.target as Element).closest<HTMLElement>(".tb-row");
    return row === null ? -1 : Number(row.dataset["row"]);
  }
}
