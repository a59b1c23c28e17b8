// Times along an axis: where to put ticks, and how a moment is written. All times are nanoseconds.

export interface Tick {
  readonly at: number;
  readonly label: string;
}

interface TimeUnit {
  readonly ns: number;
  readonly name: string;
}

/** Keeps a number and its unit on one line. */
const SPACE = "\u00a0";

const NS: TimeUnit = {ns: 1, name: "ns"};
const US: TimeUnit = {ns: 1e3, name: "µs"};
const MS: TimeUnit = {ns: 1e6, name: "ms"};
const SECOND: TimeUnit = {ns: 1e9, name: "s"};
const MINUTE: TimeUnit = {ns: 60e9, name: "min"};
const HOUR: TimeUnit = {ns: 3600e9, name: "h"};

/** From here on a moment is written in minutes and seconds, as durations are. */
const LONG = 100;

/** 1, 2 and 5 of each power of ten up to ten seconds, then what clocks are read by. */
const STEPS: readonly number[] = [
  ...[1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9].flatMap((power) => [power, 2 * power, 5 * power]),
  ...[10, 20, 30].map((count) => count * SECOND.ns),
  ...[1, 2, 5, 10, 20, 30].map((count) => count * MINUTE.ns),
  ...[1, 2, 6, 12, 24, 48, 120, 240, 480, 1200, 2400].map((count) => count * HOUR.ns),
];

/** What a label needs in the 11-pixel type of an axis: per character, and around it. */
const CHARACTER = 6.3;
const AROUND = 16;

/** The finest even steps over [from, to] whose labels stand clear of each other on so many pixels. */
export function ticks(from: number, to: number, pixels: number): Tick[] {
  const span = to - from;
  if (!(span > 0) || !(pixels > 0)) {
    return [];
  }
  for (const step of STEPS) {
    const room = (step / span) * pixels;
    if (room < AROUND + 2 * CHARACTER) {
      continue;
    }
    const found = along(from, to, step);
    const longest = Math.max(0, ...found.map(({label}) => label.length));
    if (longest * CHARACTER + AROUND <= room) {
      return found;
    }
  }
  return [];
}

/** A moment, to about a thousandth of the span that is looked at. */
export function formatTime(ns: number, span: number): string {
  const unit = unitOf(span);
  // Never finer than a nanosecond.
  const decimals = Math.min(digitsOf(unit.ns), Math.max(0, Math.ceil(-Math.log10(span / 1000 / unit.ns) - 1e-9)));
  if (unit === SECOND && Math.abs(ns) >= LONG * SECOND.ns) {
    return clock(ns / SECOND.ns, decimals);
  }
  return written(ns, unit, decimals);
}

/** The two ends of a range in one unit, to about a thousandth of its length. */
export function formatRange(from: number, to: number): string {
  const span = Math.max(1, to - from);
  const unit = unitOf(to);
  if (unit === unitOf(span) || to >= LONG * SECOND.ns) {
    return `${formatTime(from, span)} – ${formatTime(to, span)}`;
  }
  const decimals = Math.min(digitsOf(unit.ns), Math.ceil(-Math.log10(span / 1000 / unit.ns) - 1e-9));
  return `${written(from, unit, decimals)} – ${written(to, unit, decimals)}`;
}

function along(from: number, to: number, step: number): Tick[] {
  const unit = step >= HOUR.ns ? HOUR : step >= MINUTE.ns ? MINUTE : unitOf(to - from);
  const decimals = Math.max(0, Math.ceil(-Math.log10(step / unit.ns) - 1e-9));
  const found: Tick[] = [];
  for (let index = Math.ceil(from / step); index * step <= to; index++) {
    const at = index === 0 ? 0 : index * step;
    found.push({at, label: at === 0 ? `0${SPACE}${unit.name}` : written(at, unit, decimals)});
  }
  return found;
}

function unitOf(span: number): TimeUnit {
  return [SECOND, MS, US].find(({ns}) => span >= ns) ?? NS;
}

function digitsOf(size: number): number {
  return Math.round(Math.log10(size));
}

function written(ns: number, unit: TimeUnit, decimals: number): string {
  return `${grouped((Math.abs(ns) / unit.ns).toFixed(decimals), ns < 0)}${SPACE}${unit.name}`;
}

function clock(seconds: number, decimals: number): string {
  // Rounded before it is taken apart, or 119.99 s would read 1 min 60 s.
  const whole = Number(Math.abs(seconds).toFixed(decimals));
  const minutes = Math.floor(whole / 60);
  const rest = (whole - 60 * minutes).toFixed(decimals).padStart(decimals > 0 ? decimals + 3 : 2, "0");
  const hours = Math.floor(minutes / 60);
  const parts = hours > 0 ? [hours, "h", String(minutes % 60).padStart(2, "0"), "min"] : [minutes, "min"];
  return `${seconds < 0 ? "−" : ""}${[...parts, rest, "s"].join(SPACE)}`;
}

function grouped(digits: string, negative: boolean): string {
  const [whole, fraction] = digits.split(".");
  const text = whole.replace(/\B(?=(\d{3})+$)/g, ",") + (fraction === undefined ? "" : `.${fraction}`);
  return negative && Number(digits) !== 0 ? `−${text}` : text;
}
