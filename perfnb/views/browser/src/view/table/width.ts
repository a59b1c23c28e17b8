// How wide the columns of numbers must be.
import {formatCount, formatValue} from "../../core/format";
import type {FunctionTable} from "./types";

/** "999 ms": what most values need. */
const LEAST = 7;
/** "59 min 59 s": above a hundred seconds, the largest value need not be the longest text. */
const LONG_DURATION = 11;

/** In characters. */
export function widthOfValues(table: FunctionTable): number {
  const {unit} = table.tables.value;
  const length = formatValue(Math.max(largest(table.total), largest(table.self)), unit).length;
  return unit === "ns" && length > LEAST ? LONG_DURATION : Math.max(LEAST, length);
}

export function widthOfCounts(table: FunctionTable): number {
  return formatCount(largest(table.totalSamples)).length;
}

function largest(column: Float64Array): number {
  return column.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}
