// The rows of the function table as numbers and texts: naming, finding, filtering, sorting.
import {isCellFile} from "../../core/cells";
import type {Label} from "../../core/labels";
import {refOf} from "../engine";
import type {FunctionRef, FunctionTable, Sort} from "./types";

const MODULE_BODY = "<module>";

/** `at` is a position in the table's columns, not a function's row in the tables. */
export function refAt({tables, ids}: FunctionTable, at: number): FunctionRef {
  return refOf(tables, ids[at]);
}

/** Where a function stands in the table; −1 if it has no samples here. */
export function positionOf(table: FunctionTable, ref: FunctionRef): number {
  const {strings, kinds, functions} = table.tables;
  return table.ids.findIndex(
    (id) =>
      strings[functions.name[id]] === ref.name &&
      strings[functions.file[id]] === ref.file &&
      strings[functions.module[id]] === ref.module &&
      kinds[functions.kind[id]] === ref.kind,
  );
}

export function labelOf({name, file, module}: FunctionRef): Label {
  if (isCellFile(file)) {
    return {name: name === MODULE_BODY ? file : `${file} ${name}`, detail: ""};
  }
  return {name, detail: module || file};
}

/** The pattern as the whole component reads patterns, or why it cannot be read. */
export function compile(pattern: string): RegExp | string {
  try {
    return new RegExp(pattern, "i");
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** 1 for each position whose name, module or file matches. */
export function matching({tables, ids}: FunctionTable, regex: RegExp): Uint8Array {
  const {strings, functions} = tables;
  // Names and files repeat: each text is looked at once.
  const known = new Int8Array(strings.length).fill(-1);
  const test = (index: number): boolean => {
    if (known[index] < 0) {
      known[index] = regex.test(strings[index]) ? 1 : 0;
    }
    return known[index] === 1;
  };
  return Uint8Array.from(ids, (id) =>
    test(functions.name[id]) || test(functions.module[id]) || test(functions.file[id]) ? 1 : 0,
  );
}

/** Positions in the order of the rows; ties stay in the table's own order, the heaviest first. */
export function ordered(table: FunctionTable, sort: Sort, ...kept: readonly (Uint8Array | null)[]): Int32Array {
  const all = Int32Array.from(table.ids, (_, at) => at);
  const masks = kept.filter((mask) => mask !== null);
  const rows = masks.length === 0 ? all : all.filter((at) => masks.every((mask) => mask[at] === 1));
  const sign = sort.descending ? -1 : 1;
  if (sort.by === "name") {
    const keys = nameKeys(table);
    return rows.sort((a, b) => (keys[a] < keys[b] ? -sign : keys[a] > keys[b] ? sign : a - b));
  }
  const [first, then] = columnsOf(table, sort.by);
  return rows.sort((a, b) => sign * (first[a] - first[b] || then[a] - then[b]) || a - b);
}

function columnsOf(table: FunctionTable, by: "self" | "total" | "samples"): readonly [Float64Array, Float64Array] {
  switch (by) {
    case "self":
      return [table.self, table.total];
    case "total":
      return [table.total, table.self];
    case "samples":
      return [table.selfSamples, table.totalSamples];
  }
}

/** Plain comparison of code units: a tenth of the time of a collation, and the same everywhere. */
function nameKeys(table: FunctionTable): string[] {
  return Array.from(table.ids, (_, at) => {
    const {name, detail} = labelOf(refAt(table, at));
    return `${name}\0${detail}`.toLowerCase();
  });
}

export function sumOf(column: Float64Array, rows: Int32Array): number {
  return rows.reduce((sum, at) => sum + column[at], 0);
}

/** The rows for a spreadsheet: raw numbers, one function a line. */
export function asTsv(table: FunctionTable, rows: Int32Array, counted: boolean): string {
  const {unit} = table.tables.value;
  const head = [`self (${unit})`, "self share", `total (${unit})`, "total share"];
  const samples = counted ? ["self samples", "total samples"] : [];
  const share = (part: number): number => (table.whole > 0 ? part / table.whole : 0);
  const lines = Array.from(rows, (at) => {
    const {name, module, file, kind} = refAt(table, at);
    const numbers = [table.self[at], share(table.self[at]), table.total[at], share(table.total[at])];
    if (counted) {
      numbers.push(table.selfSamples[at], table.totalSamples[at]);
    }
    return [...numbers.map(String), ...[name, module, file, kind].map(oneCell)].join("\t");
  });
  return [[...head, ...samples, "function", "module", "file", "kind"].join("\t"), ...lines, ""].join("\n");
}

function oneCell(text: string): string {
  return text.replace(/[\t\r\n]+/g, " ");
}
