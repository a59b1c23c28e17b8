// Numbers as people read them.
import type {Unit} from "./tables";

/** Keeps a number and its unit on one line. */
const SPACE = "\u00a0";

const DURATIONS: readonly (readonly [ns: number, unit: string])[] = [
  [1e9, "s"],
  [1e6, "ms"],
  [1e3, "µs"],
  [1, "ns"],
];
const SIZES: readonly (readonly [bytes: number, unit: string])[] = [
  [2 ** 50, "PiB"],
  [2 ** 40, "TiB"],
  [2 ** 30, "GiB"],
  [2 ** 20, "MiB"],
  [2 ** 10, "KiB"],
  [1, "B"],
];

export function formatValue(value: number, unit: Unit): string {
  if (value === 0) {
    return "0";
  }
  const sign = value < 0 ? "−" : "";
  const size = Math.abs(value);
  switch (unit) {
    case "ns":
      return sign + duration(size);
    case "bytes":
      return sign + scaled(size, SIZES);
    case "count":
      return sign + formatCount(size);
    case "micro":
      return sign + (size < 1e8 ? fraction(size / 1e6) : formatCount(size / 1e6));
  }
}

function fraction(count: number): string {
  return count.toFixed(count < 0.01 ? 6 : 2).replace(/\.?0+$/, "");
}

export function formatCount(value: number): string {
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ",");
}

export function formatShare(fraction: number): string {
  const percent = fraction * 100;
  if (percent === 0 || percent >= 99.95) {
    return `${Math.round(percent)}${SPACE}%`;
  }
  if (percent < 0.01) {
    return `<${SPACE}0.01${SPACE}%`;
  }
  return `${percent.toFixed(percent < 0.995 ? 2 : 1)}${SPACE}%`;
}

function duration(ns: number): string {
  const seconds = Math.round(ns / 1e9);
  if (seconds >= 3600) {
    const minutes = Math.round(ns / 60e9);
    return `${Math.floor(minutes / 60)}${SPACE}h${SPACE}${pad(minutes % 60)}${SPACE}min`;
  }
  if (seconds >= 100) {
    return `${Math.floor(seconds / 60)}${SPACE}min${SPACE}${pad(seconds % 60)}${SPACE}s`;
  }
  return scaled(ns, DURATIONS);
}

function scaled(value: number, scale: readonly (readonly [size: number, unit: string])[]): string {
  // Half a digit early, so that 999.9 µs reads 1.00 ms and not 1000 µs.
  const [size, unit] = scale.find(([size]) => value >= size * 0.9995) ?? scale[scale.length - 1];
  const whole = size === 1 && Number.isInteger(value);
  return `${whole ? value : threeDigits(value / size)}${SPACE}${unit}`;
}

function threeDigits(value: number): string {
  return value >= 99.95 ? value.toFixed(0) : value >= 9.995 ? value.toFixed(1) : value.toFixed(2);
}

function pad(value: number): string {
  return value.toString().padStart(2, "0");
}
