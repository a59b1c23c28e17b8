// The chosen range of time: what dragging and keys make of it. Numbers only.
import type {Range} from "./types";

export type Grip = "start" | "end" | "whole";

export interface Bounds {
  readonly from: number;
  readonly to: number;
  /** The narrowest range that can be chosen. */
  readonly least: number;
}

/** From where the pointer went down to where it is: either may be the earlier. */
export function between(anchor: number, at: number, bounds: Bounds): Range | null {
  const [a, b] = [inside(anchor, bounds), inside(at, bounds)];
  const width = Math.max(bounds.least, Math.abs(b - a));
  const start = Math.min(bounds.to - width, a <= b ? a : a - width);
  return tidy(start, Math.max(bounds.from, start) + width, bounds);
}

/** The range, its width kept, as far as there is room for it. */
export function shifted([from, to]: Range, by: number, bounds: Bounds): Range | null {
  const width = to - from;
  const start = Math.max(bounds.from, Math.min(bounds.to - width, from + by));
  return tidy(start, start + width, bounds);
}

/** What a key does to a grip; undefined if it does nothing there. */
export function pressed(
  key: string,
  far: boolean,
  grip: Grip,
  range: Range | null,
  bounds: Bounds,
): Range | null | undefined {
  const span = bounds.to - bounds.from;
  const step = (far ? 0.1 : 0.01) * span;
  const steps: Readonly<Record<string, number>> = {
    ArrowLeft: -step,
    ArrowDown: -step,
    ArrowRight: step,
    ArrowUp: step,
    PageDown: -0.1 * span,
    PageUp: 0.1 * span,
    Home: -span,
    End: span,
  };
  if (!Object.hasOwn(steps, key)) {
    return undefined;
  }
  const by = steps[key];
  const [from, to] = range ?? [bounds.from, bounds.to];
  switch (grip) {
    case "whole":
      return range === null ? undefined : shifted(range, by, bounds);
    case "start":
      return tidy(Math.max(bounds.from, Math.min(to - bounds.least, from + by)), to, bounds);
    case "end":
      return tidy(from, Math.min(bounds.to, Math.max(from + bounds.least, to + by)), bounds);
  }
}

/** Whole nanoseconds within the bounds; all of it is no choice. */
function tidy(from: number, to: number, bounds: Bounds): Range | null {
  const [start, end] = [Math.round(inside(from, bounds)), Math.round(inside(to, bounds))];
  return start <= bounds.from && end >= bounds.to ? null : [start, end];
}

function inside(at: number, {from, to}: Bounds): number {
  return Math.max(from, Math.min(to, at));
}
