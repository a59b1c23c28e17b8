// Lengths of time as people type and read them.
import {formatValue} from "./format";

/** Nanoseconds. */
const UNITS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  "µs": 1e3,
  "μs": 1e3,
  ms: 1e6,
  s: 1e9,
  sec: 1e9,
  min: 60e9,
  h: 3600e9,
};
/** As far as times go: see `isTime` of filters. */
const MOST = 2 ** 51;

/** Such as `2.5 ms` in whole nanoseconds; null if it is none. Without a unit nobody knows what is meant. */
export function parseLength(text: string): number | null {
  const match = /^\s*[≥<]?\s*(\d+(?:[.,]\d*)?|[.,]\d+)\s*([a-zµμ]+)\s*$/i.exec(text);
  const unit = match === null ? undefined : UNITS[match[2].toLowerCase()];
  if (match === null || unit === undefined) {
    return null;
  }
  const ns = Math.round(Number(match[1].replace(",", ".")) * unit);
  return ns < MOST ? ns : null;
}

/** Such as `10 ms`: what was chosen is not a measured value, and its zeros say nothing. */
export function formatLength(ns: number): string {
  return formatValue(ns, "ns").replace(/(\.\d*?)0+(?=\D)/, "$1").replace(/\.(?=\D)/, "");
}
