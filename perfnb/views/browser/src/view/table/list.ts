// Which functions the table shows, in which order, and which of them are marked.
import {asTsv, compile, labelOf, matching, ordered, positionOf, refAt, sumOf} from "./model";
import type {FunctionRef, FunctionTable, Sort} from "./types";

const NONE = new Int32Array(0);

export class FunctionList {
  /** Positions in the table's columns, in the order of the rows. */
  rows: Int32Array = NONE;
  sort: Sort = {by: "self", descending: true};
  onlyMatches = false;
  /** 1 for each position that the component's search finds; null without a search. */
  matched: Uint8Array | null = null;
  /** What the search finds, to be shown within the names; null without a search. */
  highlight: RegExp | null = null;
  private kept: Uint8Array | null = null;
  private filter: RegExp | null = null;
  private searched = "";
  /** The row of each position; −1 if it is filtered out. */
  private places: Int32Array | null = null;
  private sum: number | null = null;
  private at: FunctionTable | null = null;

  get table(): FunctionTable | null {
    return this.at;
  }

  open(table: FunctionTable, pattern: string): void {
    this.at = table;
    this.kept = this.filter && matching(table, this.filter);
    this.search(pattern);
  }

  /** The search of the whole component; the one before goes on if this cannot be read. */
  search(pattern: string): void {
    const regex = pattern === "" ? null : compile(pattern);
    if (typeof regex !== "string") {
      this.highlight = regex;
    }
    if ((pattern === "") !== (this.searched === "")) {
      this.onlyMatches = false;
    }
    this.searched = pattern;
    this.matched = this.at && this.highlight && matching(this.at, this.highlight);
    this.refresh();
  }

  /** Why the pattern cannot be read; null if it can, and then it holds after `refresh`. */
  filterBy(pattern: string): string | null {
    const regex = pattern === "" ? null : compile(pattern);
    if (typeof regex === "string") {
      return regex;
    }
    this.filter = regex;
    this.kept = this.at && regex && matching(this.at, regex);
    return null;
  }

  /** Works the rows out anew. */
  refresh(): void {
    this.rows = this.at === null ? NONE : ordered(this.at, this.sort, this.kept, this.onlyMatches ? this.matched : null);
    this.places = null;
    this.sum = null;
  }

  /** The row of a function; −1 if it is not shown. */
  rowOf(ref: FunctionRef | null): number {
    if (this.at === null || ref === null) {
      return -1;
    }
    const at = positionOf(this.at, ref);
    return at < 0 ? -1 : this.rowPlaces(this.at)[at];
  }

  refOf(row: number): FunctionRef | null {
    return this.at === null || row < 0 || row >= this.rows.length ? null : refAt(this.at, this.rows[row]);
  }

  nameOf(row: number): string | null {
    const ref = this.refOf(row);
    return ref && labelOf(ref).name;
  }

  isMatch(row: number): boolean {
    return this.matched !== null && this.matched[this.rows[row]] === 1;
  }

  get matches(): number | null {
    return this.matched && this.matched.reduce((sum, flag) => sum + flag, 0);
  }

  get selfSum(): number {
    this.sum ??= this.at === null ? 0 : sumOf(this.at.self, this.rows);
    return this.sum;
  }

  tsv(counted: boolean): string {
    return this.at === null ? "" : asTsv(this.at, this.rows, counted);
  }

  private rowPlaces(table: FunctionTable): Int32Array {
    if (this.places === null) {
      const places = new Int32Array(table.ids.length).fill(-1);
      this.rows.forEach((at, row) => (places[at] = row));
      this.places = places;
    }
    return this.places;
  }
}
