// What is painted, as numbers: tests assert geometry, not pixels.
import {threadLabel} from "../../core/labels";
import type {PlacedTick} from "./axis";
import type {Bars, Lane} from "./bars";
import {topsOf} from "./paint";
import type {Rows} from "./rows";
import type {Range, TimelineModel} from "./types";

export interface ProbedBar {
  readonly from: number;
  readonly to: number;
  readonly x: number;
  readonly width: number;
  /** The height of each state's part, and how much it stands for. */
  readonly heights: Readonly<Record<string, number>>;
  readonly counts: Readonly<Record<string, number>>;
}

export interface ProbedLane {
  readonly thread: number;
  readonly label: string;
  readonly share: number;
  readonly chosen: boolean;
  /** CSS pixels from the top left corner of the view; may be scrolled out of sight. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly bars: readonly ProbedBar[];
}

export interface TimelineProbe {
  readonly lanes: readonly ProbedLane[];
  /** All of them, shown or not. */
  readonly threads: number;
  readonly from: number;
  readonly to: number;
  readonly range: Range | null;
  /** The range from the left edge of the view. */
  readonly pixels: readonly [number, number] | null;
  /** What a bar of full height has a second: samples, or seconds. */
  readonly full: number;
  readonly ticks: readonly {readonly at: number; readonly label: string; readonly x: number}[];
  readonly paint_ms: number;
}

export interface Drawn {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly model: TimelineModel | null;
  readonly bars: Bars | null;
  readonly lanes: readonly Lane[];
  readonly rows: Rows;
  readonly range: Range | null;
  readonly ticks: readonly PlacedTick[];
  readonly paint: number;
}

export function probeOf(drawn: Drawn): TimelineProbe {
  const {x, width, model, bars, lanes, range, ticks, paint} = drawn;
  const [from, to] = bars === null ? [0, 0] : [bars.from, bars.to];
  const place = (time: number): number => x + ((time - from) / (to - from)) * width;
  return {
    lanes: model === null || bars === null ? [] : lanes.map((lane, at) => probedLane(drawn, model, bars, lane, at)),
    threads: bars?.lanes.length ?? 0,
    from,
    to,
    range,
    pixels: range === null ? null : [place(range[0]), place(range[1])],
    full: (bars?.full ?? 0) * 1e9,
    ticks: ticks.map((tick) => ({...tick, x: x + tick.x})),
    paint_ms: paint,
  };
}

function probedLane(drawn: Drawn, model: TimelineModel, bars: Bars, lane: Lane, at: number): ProbedLane {
  const {tables, chosen} = model;
  const {top, height} = drawn.rows.rows[at];
  const scale = drawn.width / (bars.to - bars.from);
  const names = bars.states.map((state) => tables.states[state]);
  const tops = topsOf(bars, lane, height);
  return {
    thread: lane.thread,
    label: threadLabel(tables.threads, lane.thread),
    share: lane.share,
    chosen: chosen === lane.thread,
    x: drawn.x,
    y: drawn.y + top,
    width: drawn.width,
    height,
    bars: Array.from({length: bars.count}, (_, bar) => {
      const [from, to] = [bars.edges[bar], bars.edges[bar + 1]];
      return {
        from,
        to,
        x: drawn.x + (from - bars.from) * scale,
        width: (to - from) * scale,
        heights: Object.fromEntries(
          names.map((name, state) => [name, tops[state][bar] - (tops[state - 1]?.[bar] ?? 0)]),
        ),
        counts: Object.fromEntries(names.map((name, state) => [name, lane.counts[state][bar]])),
      };
    }),
  };
}
