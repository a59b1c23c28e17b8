// The lines of a listing: text with numbers, and what is left out between the pieces of text.
import type {FunctionRef, Listing, LineTable} from "./types";

export interface TextLine {
  readonly line: number;
  /** Its place in the line table; −1 without samples. */
  readonly at: number;
  readonly chunk: number;
  /** Its place in the chunk; −1 if there is no text. */
  readonly offset: number;
}

/** Lines whose text is not here. */
export interface Gap {
  readonly from: number;
  readonly to: number;
  /** How many of them have samples, and the sum of their self. */
  readonly measured: number;
  readonly self: number;
}

export type ListingRow = TextLine | Gap;

export function isGap(row: ListingRow): row is Gap {
  return "from" in row;
}

export function rowsOf({chunks, lines: table}: Pick<Listing, "chunks" | "lines">): ListingRow[] {
  if (chunks.length === 0) {
    return Array.from(table.lines, (line, at) => ({line, at, chunk: -1, offset: -1}));
  }
  const rows: ListingRow[] = [];
  let next = 1;
  let at = 0;
  const leave = (to: number, always: boolean): void => {
    let [measured, self] = [0, 0];
    const from = next;
    for (; at < table.lines.length && table.lines[at] <= to; at++) {
      measured++;
      self += table.self[at];
    }
    if (measured > 0 || (always && to >= from)) {
      rows.push({from, to, measured, self});
    }
  };
  const inOrder = chunks.map(({first, lines}, chunk) => ({first, lines, chunk})).sort((a, b) => a.first - b.first);
  for (const {first, lines, chunk} of inOrder) {
    leave(first - 1, rows.length > 0);
    lines.forEach((_, offset) => {
      const line = first + offset;
      // Pieces may overlap: the first one to have a line shows it.
      if (line >= next) {
        const measured = table.lines[at] === line;
        rows.push({line, at: measured ? at++ : -1, chunk, offset});
        next = line + 1;
      }
    });
  }
  leave(Math.max(next, table.lines[table.lines.length - 1] ?? 0), false);
  return rows;
}

/** Rows with samples, the hottest first: by self, then by total. */
export function byHeat(rows: readonly ListingRow[], {self, total}: LineTable): number[] {
  const hot: {row: number; at: number}[] = [];
  rows.forEach((entry, row) => {
    if (!isGap(entry) && entry.at >= 0) {
      hot.push({row, at: entry.at});
    }
  });
  hot.sort((a, b) => self[b.at] - self[a.at] || total[b.at] - total[a.at] || a.row - b.row);
  return hot.map(({row}) => row);
}

/** Less than this part of what its lines take is not the function's own doing. */
const OWN_DOING = 0.1;

/**
 * The row to look at first: of one function, or of all if it has none here; −1 without any. It is
 * the one with the largest self, or in a function that has others do the work, the one that calls them.
 */
export function hottestOf(ranking: readonly number[], rows: readonly ListingRow[], table: LineTable, name: string): number {
  const place = (row: number): number => (rows[row] as TextLine).at;
  const own = ranking.filter((row) => splitNames(table.functions[place(row)]).includes(name));
  const few = own.length > 0 ? own : ranking;
  const heaviest = few.reduce((best, row) => (best < 0 || table.total[place(row)] > table.total[place(best)] ? row : best), -1);
  if (heaviest < 0) {
    return -1;
  }
  return table.self[place(few[0])] >= OWN_DOING * table.total[place(heaviest)] ? few[0] : heaviest;
}

interface FunctionSum {
  readonly name: string;
  readonly self: number;
  /** The sum over its lines: at most that, if the function calls itself. */
  readonly total: number;
  readonly lines: number;
}

/** The functions of the file in the order of their first lines. */
export function functionsOf(table: LineTable): Map<string, FunctionSum> {
  const sums = new Map<string, FunctionSum>();
  table.functions.forEach((names, at) => {
    for (const name of splitNames(names)) {
      const {self, total, lines} = sums.get(name) ?? {self: 0, total: 0, lines: 0};
      sums.set(name, {name, self: self + table.self[at], total: total + table.total[at], lines: lines + 1});
    }
  });
  return sums;
}

/** Names that were joined with commas; commas within brackets are part of a name. */
export function splitNames(joined: string): string[] {
  const names: string[] = [];
  let depth = 0;
  let from = 0;
  for (let at = 0; at < joined.length; at++) {
    if ("(<[{".includes(joined[at])) {
      depth++;
    } else if (")>]}".includes(joined[at])) {
      depth = Math.max(0, depth - 1);
    } else if (depth === 0 && joined.startsWith(", ", at)) {
      names.push(joined.slice(from, at));
      from = at + 2;
    }
  }
  return [...names, joined.slice(from)].filter((name) => name !== "");
}

/** A neighbour of the function in its file, as views name it. */
export function neighbour(ref: FunctionRef, name: string): FunctionRef {
  return {...ref, name};
}
