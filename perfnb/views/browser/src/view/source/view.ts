// The source of a function with the time of each line.
import {formatCount, formatShare} from "../../core/format";
import {element, replace, setAttributes} from "../dom";
import {sameRef} from "../engine";
import {isForeign, stepOf, stepped} from "../table/keys";
import {Notes} from "../table/notes";
import {RowWindow} from "../table/window";
import type {Tip} from "../tip";
import {SourceHeader} from "./header";
import {Line, lineNote, LONGEST} from "./line";
import {byHeat, hottestOf, isGap, rowsOf, type ListingRow} from "./listing";
import {columnsOf, SourceText} from "./text";
import type {Listing, SourceAbout, SourceActions, SourceProbe} from "./types";

const ROW_HEIGHT = 20;
const HEAD_HEIGHT = 25;
/** Pixels, in any font; not the unit `ch`, which is wider where digits are bold. */
const DIGIT_WIDTH = 8;
const HEADS = [
  ["line", "Line", "The number of the line"],
  ["self", "Self", "While this very line was running, without what it called"],
  ["total", "Total", "While this line was anywhere on the stack"],
  ["text", "Source", ""],
] as const;
/** In place of the text, where there is none. */
const NAMES = "Function";

let views = 0;

export class SourceView {
  readonly el: HTMLElement;
  private readonly id = `sc${views++}`;
  private readonly header: SourceHeader;
  private readonly body = element("div", {role: "rowgroup", class: "sc-body"});
  private readonly heads = element("div", {role: "row", class: "sc-head-row", "aria-rowindex": 1});
  private readonly grid: HTMLElement;
  private readonly frame: HTMLElement;
  private readonly nothing = element("div", {class: "sc-nothing"}, "Choose a function");
  private readonly status = element("div", {class: "sc-status", role: "status"});
  private readonly window: RowWindow<Line>;
  private readonly notes: Notes;
  private listing: Listing | null = null;
  private about: SourceAbout = {unit: "count", kind: "", counted: true, noun: "samples", whole: 0, theme: "light"};
  private rows: readonly ListingRow[] = [];
  private text = new SourceText([], {file: "", kind: ""});
  /** Rows with samples, the hottest first. */
  private ranking: readonly number[] = [];
  private largest = 0;
  private active = -1;
  private slots = 0;

  constructor(actions: SourceActions, tip: Tip) {
    this.header = new SourceHeader({choose: (ref) => actions.choose(ref), step: (direction) => this.stepByHeat(direction)});
    const head = element("div", {role: "rowgroup", class: "sc-head"}, this.heads);
    const attributes = {role: "grid", class: "sc-grid", tabindex: 0, "aria-readonly": "true", "aria-colcount": HEADS.length};
    this.grid = element("div", attributes, head, this.body);
    this.frame = element("div", {class: "sc-frame"}, this.grid, element("div", {class: "sc-ring"}));
    this.el = element("div", {class: "sc"}, this.header.el, this.header.note, this.nothing, this.frame, this.status);
    this.window = new RowWindow<Line>(this.grid, this.body, {
      rowHeight: ROW_HEIGHT,
      headHeight: HEAD_HEIGHT,
      make: () => new Line(`${this.id}-${this.slots++}`),
      fill: (line, index) => this.fill(line, index),
      moved: () => this.point(),
    });
    this.notes = new Notes(this.body, tip, (index) => this.note(index));
    this.grid.addEventListener("keydown", (event) => this.onKey(event));
    this.grid.addEventListener("blur", () => this.notes.hide());
    this.body.addEventListener("click", (event) => {
      const row = (event.target as Element).closest<HTMLElement>(".sc-row");
      if (row !== null) {
        this.turnTo(Number(row.dataset["row"]));
      }
    });
    this.empty(true);
  }

  show(listing: Listing | null, about: SourceAbout): void {
    const old = this.listing;
    const place = this.lineAt(this.active);
    this.listing = listing;
    this.about = about;
    this.notes.hide();
    this.empty(listing === null);
    if (listing === null) {
      this.rows = [];
      this.ranking = [];
      this.active = -1;
      this.window.open(0);
      return;
    }
    if (listing.chunks !== old?.chunks || listing.ref.file !== old.ref.file) {
      this.text = new SourceText(listing.chunks, listing.ref);
    }
    this.rows = rowsOf(listing);
    this.ranking = byHeat(this.rows, listing.lines);
    this.largest = listing.lines.self.reduce((most, value) => Math.max(most, value), 0);
    this.header.show(listing, about);
    this.size(listing);
    // The same function again, under other filters: the reader stays at the line.
    const again = sameRef(old?.ref ?? null, listing.ref) ? this.rows.findIndex((row) => !isGap(row) && row.line === place) : -1;
    this.active = again >= 0 ? again : hottestOf(this.ranking, this.rows, listing.lines, listing.ref.name);
    this.window.open(this.rows.length);
    if (again < 0) {
      this.window.reveal(Math.max(0, this.active), true);
    }
    this.tell();
  }

  dispose(): void {
    this.notes.dispose();
    this.window.dispose();
    this.el.remove();
  }

  probe(): SourceProbe {
    const top = this.grid.getBoundingClientRect().top;
    const shown = (el: HTMLElement): string => (el.hidden ? "" : (el.textContent ?? ""));
    return {
      rows: this.window.seen.map(([, line]) => line.probe(top)),
      count: this.rows.length,
      active: this.lineAt(this.active),
      hottest: this.lineAt(this.ranking[0] ?? -1),
      header: shown(this.header.el),
      note: shown(this.header.note),
      functions: this.header.functions,
    };
  }

  // What is shown.

  private empty(empty: boolean): void {
    this.nothing.hidden = !empty;
    for (const el of [this.header.el, this.frame, this.status]) {
      el.hidden = empty;
    }
    this.header.note.hidden = empty;
  }

  private size({chunks, lines, ref}: Listing): void {
    setAttributes(this.grid, {"aria-rowcount": this.rows.length + 1, "aria-label": `Source of ${ref.name}, line by line`});
    const heads = HEADS.map(([name, label, title], at) => {
      const attributes = {role: "columnheader", class: `sc-cell sc-${name}`, "aria-colindex": at + 1, title: title || null};
      return element("div", attributes, name === "text" && chunks.length === 0 ? NAMES : label);
    });
    replace(this.heads, ...heads);
    const last = this.rows.reduce((most, row) => Math.max(most, isGap(row) ? 0 : row.line), 0);
    this.grid.style.setProperty("--sc-numbering", `${DIGIT_WIDTH * Math.max(4, String(last).length) + 18}px`);
    const names = lines.functions.reduce((most, {length}) => Math.max(most, length), 0);
    const columns = chunks.length > 0 ? columnsOf(chunks, LONGEST) : names;
    this.grid.style.setProperty("--sc-columns", `${columns}ch`);
  }

  private fill(line: Line, index: number): void {
    const {listing, about} = this;
    const row = this.rows[index];
    if (listing === null || row === undefined) {
      return;
    }
    if (isGap(row)) {
      line.showGap(row, index, about);
    } else {
      line.show(row, index, listing.lines, this.text.tokens(row), this.largest, about);
    }
    line.mark({active: index === this.active, hottest: index === this.ranking[0]});
  }

  private point(): void {
    setAttributes(this.grid, {"aria-activedescendant": this.window.at(this.active)?.el.id ?? null});
  }

  private tell(): void {
    const {listing, about, ranking} = this;
    if (listing === null) {
      return;
    }
    const count = ranking.length;
    const rank = ranking.indexOf(this.active);
    const row = this.rows[this.active];
    const lines = `${formatCount(count)} line${count === 1 ? "" : "s"} with ${about.noun}`;
    const parts = [count === 0 ? `No ${about.noun} on any line` : lines];
    if (rank >= 0 && row !== undefined && !isGap(row)) {
      const place = rank === 0 ? "the hottest" : `number ${formatCount(rank + 1)} by self`;
      const share = formatShare(about.whole > 0 ? listing.lines.self[row.at] / about.whole : 0);
      parts.push(`line ${row.line} is ${place}, ${share}${about.kind === "" ? "" : ` of ${about.kind}`}`);
    }
    this.status.textContent = parts.join(" · ");
  }

  private lineAt(index: number): number | null {
    const row = this.rows[index];
    return row === undefined || isGap(row) ? null : row.line;
  }

  private note(index: number): HTMLElement | null {
    return this.listing === null ? null : lineNote(this.rows[index], this.listing.lines, this.about);
  }

  // What the reader does.

  private onKey(event: KeyboardEvent): void {
    if (isForeign(event)) {
      return;
    }
    const step = stepOf(event);
    if (step !== null) {
      this.turnTo(stepped(this.active, step, this.window.page, this.rows.length));
    } else if (event.key === "n" || event.key === "p") {
      this.stepByHeat(event.key === "n" ? 1 : -1);
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  private stepByHeat(direction: 1 | -1): void {
    const {ranking} = this;
    const rank = ranking.indexOf(this.active);
    const next = rank < 0 ? 0 : Math.min(ranking.length - 1, Math.max(0, rank + direction));
    if (ranking.length > 0) {
      this.turnTo(ranking[next], true);
    }
  }

  private turnTo(index: number, centred = false): void {
    if (this.rows[index] === undefined) {
      return;
    }
    this.notes.hide();
    const old = this.active;
    this.active = index;
    this.window.reveal(index, centred);
    for (const changed of [old, index]) {
      this.window.at(changed)?.mark({active: changed === index, hottest: changed === this.ranking[0]});
    }
    this.point();
    this.tell();
  }
}
