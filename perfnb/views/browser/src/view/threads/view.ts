// The table of threads: where the time of each went, as the recording measured it. A click looks at
// one of them alone.
import {css} from "../../core/color";
import {formatCount} from "../../core/format";
import {blend} from "../../core/nodestates";
import type {Theme} from "../../core/palette";
import type {Tables} from "../../core/tables";
import {rowOfThread, sortTimes, timesLabels, type ThreadTimes} from "../../core/threadtimes";
import {element, setAttributes} from "../dom";
import {isForeign, stepOf, stepped} from "../table/keys";
import {RowWindow} from "../table/window";
import {columnsOf, Header, nextSort, type ColumnKey, type Sort} from "./columns";
import {ThreadRow} from "./row";

export interface ThreadsModel {
  readonly tables: Tables;
  /** The row of the threads table that alone is looked at, or −1. */
  readonly chosen: number;
  readonly theme: Theme;
}

const ROW_HEIGHT = 24;
const HEAD_HEIGHT = 27;
/** Whose colours the parts have. */
const STATES = {cpu: "on-CPU", queue: "runnable", blocked: "off-CPU"} as const;

let views = 0;

export class ThreadsView {
  readonly el: HTMLElement;
  private readonly id = `th${views++}`;
  private readonly header = new Header(this.id, (by) => this.sortBy(by));
  private readonly body = element("div", {role: "rowgroup", class: "tb-body"});
  private readonly grid: HTMLElement;
  private readonly status = element("div", {class: "tb-status", role: "status"});
  private readonly window: RowWindow<ThreadRow>;
  private model: ThreadsModel | null = null;
  private sort: Sort = {by: "cpu", descending: true};
  private columns: readonly ColumnKey[] = [];
  private rows: readonly ThreadTimes[] = [];
  private labels = new Map<ThreadTimes, string>();
  private active = -1;
  /** The header that the keyboard is on; −1 if it is on the rows. */
  private column = -1;
  private slots = 0;

  constructor(
    /** Looks at a thread alone, or at all again. */
    private readonly toggle: (thread: number) => void,
    private readonly say: (text: string) => void,
  ) {
    const attributes = {role: "grid", class: "tb-grid th-grid", tabindex: 0, "aria-label": "Threads"};
    this.grid = element("div", attributes, this.header.el, this.body);
    const frame = element("div", {class: "tb-frame th-frame"}, this.grid, element("div", {class: "tb-ring"}));
    this.el = element("div", {class: "tb th"}, frame, element("div", {class: "tb-foot"}, this.status));
    this.window = new RowWindow<ThreadRow>(this.grid, this.body, {
      rowHeight: ROW_HEIGHT,
      headHeight: HEAD_HEIGHT,
      make: () => new ThreadRow(`${this.id}-${this.slots++}`),
      fill: (row, index) => this.fill(row, index),
      moved: () => this.point(),
    });
    this.listen();
  }

  show(model: ThreadsModel): void {
    const old = this.model;
    this.model = model;
    if (old?.theme !== model.theme) {
      for (const [part, state] of Object.entries(STATES)) {
        this.el.style.setProperty(`--th-${part}`, css(blend([state], [1], model.theme)));
      }
    }
    if (old?.tables.threadTimes !== model.tables.threadTimes) {
      const {threadTimes, threads} = model.tables;
      const labels = timesLabels(threadTimes, threads);
      this.labels = new Map(threadTimes.map((row, at) => [row, labels[at]]));
      this.active = -1;
      this.arrange();
    } else {
      this.window.refill();
    }
  }

  dispose(): void {
    this.window.dispose();
    this.el.remove();
  }

  probe(): object {
    return {
      sort: this.sort,
      columns: this.columns,
      active: this.column >= 0 ? this.columns[this.column] : (this.labels.get(this.rows[this.active]) ?? null),
      rows: this.window.seen.map(([, {el}]) => ({
        name: el.querySelector(".th-name-text")?.textContent ?? "",
        cells: Array.from(el.children, (cell) => cell.textContent ?? ""),
        bar: el.querySelector<HTMLElement>(".th-bar")?.style.background ?? "",
        chosen: el.classList.contains("th-chosen"),
      })),
      status: this.status.textContent ?? "",
    };
  }

  // What is shown.

  private arrange(): void {
    const {threadTimes} = this.model!.tables;
    const columns = columnsOf(threadTimes);
    this.columns = columns.map(({key}) => key);
    this.rows = sortTimes(threadTimes, this.sort.by, this.sort.descending);
    this.header.show(columns, this.sort);
    this.grid.classList.toggle("th-holds", this.columns.includes("held"));
    setAttributes(this.grid, {"aria-rowcount": this.rows.length + 1, "aria-colcount": columns.length});
    this.window.open(this.rows.length);
    const count = this.rows.length;
    this.status.textContent = `${formatCount(count)} thread${count === 1 ? "" : "s"} · of the whole recording, whatever is filtered`;
  }

  private fill(row: ThreadRow, index: number): void {
    const times = this.rows[index];
    const label = this.labels.get(times) ?? "";
    row.show({times, label, known: this.rowOf(index) >= 0}, index, this.columns);
    this.dress(row, index);
  }

  private dress(row: ThreadRow, index: number): void {
    const at = this.rowOf(index);
    row.mark({chosen: at >= 0 && at === this.model!.chosen, active: this.column < 0 && index === this.active});
  }

  private rowOf(index: number): number {
    return rowOfThread(this.model!.tables.threads, this.rows[index]);
  }

  private point(): void {
    const head = this.header.activate(this.column);
    const row = this.window.at(this.active);
    setAttributes(this.grid, {"aria-activedescendant": head ?? row?.el.id ?? null});
  }

  // What the reader does.

  private listen(): void {
    this.grid.addEventListener("keydown", (event) => {
      if (!isForeign(event) && event.target === this.grid && (this.column >= 0 ? this.headKey(event) : this.rowKey(event))) {
        event.preventDefault();
        event.stopPropagation();
      }
    });
    // Buttons within the grid must not keep its focus.
    this.grid.addEventListener("focusin", (event) => event.target !== this.grid && this.grid.focus({preventScroll: true}));
    this.body.addEventListener("click", (event) => {
      const row = (event.target as Element).closest<HTMLElement>(".th-row");
      if (row !== null) {
        this.goTo(Number(row.dataset["row"]));
        this.choose();
      }
    });
  }

  private rowKey(event: KeyboardEvent): boolean {
    const step = stepOf(event);
    if (step === "up" && this.active <= 0) {
      this.goToHead(Math.max(0, this.columns.indexOf(this.sort.by)));
    } else if (step !== null) {
      this.goTo(stepped(this.active, step, this.window.page, this.rows.length));
    } else if (event.key === "Enter" || event.key === " ") {
      this.choose();
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
        this.goTo(Math.max(0, this.active));
        return true;
      case "Enter":
      case " ":
        this.sortBy(this.columns[this.column]);
        return true;
      default:
        return stepOf(event) !== null;
    }
  }

  private goTo(index: number): void {
    this.column = -1;
    this.active = index;
    this.window.each((row, at) => this.dress(row, at));
    if (index >= 0) {
      this.window.reveal(index);
    }
    this.point();
  }

  private goToHead(column: number): void {
    this.column = column;
    this.window.each((row, at) => this.dress(row, at));
    this.point();
  }

  private choose(): void {
    if (this.active < 0 || this.active >= this.rows.length) {
      return;
    }
    const at = this.rowOf(this.active);
    if (at >= 0) {
      this.toggle(at);
    } else {
      this.say("No samples of this thread are in the picture");
    }
  }

  private sortBy(by: ColumnKey): void {
    const active = this.rows[this.active];
    this.sort = nextSort(this.sort, by);
    this.arrange();
    this.active = active === undefined ? -1 : this.rows.indexOf(active);
    this.window.each((row, at) => this.dress(row, at));
    this.point();
    this.say(`Sorted by ${by === "name" ? "thread" : by}, ${this.sort.descending ? "descending" : "ascending"}`);
  }
}
