// The function table: every function with its self and total, to be sorted, filtered and copied.
import {formatCount, formatValue} from "../../core/format";
import {noneOf} from "../../core/words";
import {element} from "../dom";
import type {Tip} from "../tip";
import {Bar} from "./bar";
import {nextSort} from "./columns";
import {offerText, toClipboard} from "./copy";
import {FunctionGrid} from "./grid";
import {FunctionList} from "./list";
import type {ColumnKey, FunctionRef, FunctionTable, TableAbout, TableActions, TableProbe} from "./types";

/** How long it is said that something has been done. */
const SAID_MS = 4000;

let views = 0;

export class TableView {
  readonly el: HTMLElement;
  private readonly list = new FunctionList();
  private readonly bar: Bar;
  private readonly grid: FunctionGrid;
  private readonly status = element("div", {class: "tb-status", role: "status"});
  private readonly said = element("span", {class: "tb-said", role: "status"});
  private about: TableAbout = {theme: "light", counted: true, noun: "samples", pattern: ""};
  private timer = 0;

  constructor(actions: TableActions, tip: Tip) {
    const id = `tb${views++}`;
    this.bar = new Bar(id, {
      filter: (pattern) => this.filter(pattern),
      onlyMatches: (on) => this.onlyMatches(on),
      copy: () => void this.copy(),
      leave: () => this.grid.focus(),
    });
    this.grid = new FunctionGrid(id, this.list, {
      select: (ref) => actions.select(ref),
      open: (ref) => actions.open(ref),
      menu: (ref, anchor) => actions.menu(ref, anchor),
      sort: (by) => this.sortBy(by),
    }, tip);
    const foot = element("div", {class: "tb-foot"}, this.status, this.said);
    this.el = element("div", {class: "tb"}, this.bar.el, this.grid.el, foot);
  }

  show(table: FunctionTable, about: TableAbout): void {
    const old = this.about;
    const other = table !== this.list.table || about.counted !== old.counted;
    this.about = about;
    if (other) {
      this.list.open(table, about.pattern);
      this.grid.fit(table);
    } else if (about.pattern !== old.pattern) {
      this.list.search(about.pattern);
    }
    if (other || about.pattern !== old.pattern) {
      this.reopen();
    } else if (about.theme !== old.theme) {
      this.grid.dye(about);
    }
  }

  /** Highlights a function's row and scrolls to it; the focus stays where it is. */
  mark(ref: FunctionRef | null): void {
    this.grid.mark(ref);
  }

  dispose(): void {
    window.clearTimeout(this.timer);
    this.bar.dispose();
    this.grid.dispose();
    this.el.remove();
  }

  probe(): TableProbe {
    return {
      ...this.grid.probe(),
      count: this.list.rows.length,
      functions: this.list.table?.ids.length ?? 0,
      sort: this.list.sort,
      status: this.status.textContent ?? "",
      invalid: this.bar.invalid,
    };
  }

  /** Other rows, or the same ones in another order. */
  private reopen(): void {
    const {list} = this;
    const all = list.table?.ids.length ?? 0;
    this.grid.open(this.about, all === 0 ? noneOf(this.about.noun) : "No function matches");
    this.bar.offerMatches(list.matches, list.onlyMatches);
    this.bar.copy.disabled = list.rows.length === 0;
    this.tell();
  }

  private tell(): void {
    const {list} = this;
    const {table} = list;
    if (table !== null) {
      const [shown, all] = [list.rows.length, table.ids.length];
      const count = shown === all ? formatCount(all) : `${formatCount(shown)} of ${formatCount(all)}`;
      const sum = formatValue(list.selfSum, table.tables.value.unit);
      this.status.textContent = `${count} function${all === 1 ? "" : "s"} · self adds up to ${sum}`;
    }
  }

  // What the reader does.

  private sortBy(by: ColumnKey): void {
    this.list.sort = nextSort(this.list.sort, by);
    this.rearrange();
    this.say(`Sorted by ${by}, ${this.list.sort.descending ? "descending" : "ascending"}`);
  }

  private filter(pattern: string): void {
    const problem = this.list.filterBy(pattern);
    this.bar.complain(problem);
    if (problem === null) {
      this.rearrange();
    }
  }

  private onlyMatches(on: boolean): void {
    this.list.onlyMatches = on;
    this.rearrange();
  }

  private rearrange(): void {
    this.list.refresh();
    this.reopen();
    this.grid.toTop();
  }

  private async copy(): Promise<void> {
    const text = this.list.tsv(this.about.counted);
    const rows = `${formatCount(this.list.rows.length)} rows copied`;
    if (await toClipboard(text)) {
      this.say(rows);
      return;
    }
    offerText(this.el, text, (copied) => {
      this.say(copied ? rows : "");
      this.bar.copy.focus({preventScroll: true});
    });
  }

  /** Next to the status, for a while. */
  private say(text: string): void {
    window.clearTimeout(this.timer);
    this.said.textContent = text;
    this.timer = window.setTimeout(() => (this.said.textContent = ""), SAID_MS);
  }
}
