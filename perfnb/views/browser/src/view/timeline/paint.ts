// Bars to pixels: each state of a lane is one outline, drawn over the one that stands on it.
import type {Theme} from "../../core/palette";
import {stateColor} from "../../core/states";
import {SLACK, sumAt, type Bars, type Lane} from "./bars";
import type {Row, Rows} from "./rows";
import type {PlacedTick} from "./axis";
import type {Range} from "./types";

export interface Picture {
  readonly bars: Bars;
  /** The names of all states. */
  readonly names: readonly string[];
  readonly lanes: readonly Lane[];
  readonly rows: Rows;
  readonly ticks: readonly PlacedTick[];
  readonly width: number;
  readonly height: number;
  readonly scroll: number;
  readonly range: Range | null;
  readonly chosen: number | null;
  readonly theme: Theme;
  readonly line: string;
  readonly ground: string;
}

/** How much of a lane stays that is not chosen, and of the time outside the range. */
const REST = 0.3;

const known = new WeakMap<Lane, {readonly height: number; readonly tops: readonly Float64Array[]}>();

/** How far each state's part of each bar reaches above the lane's floor, in pixels, bottom state first. */
export function topsOf(bars: Bars, lane: Lane, height: number): readonly Float64Array[] {
  const found = known.get(lane);
  if (found?.height === height) {
    return found.tops;
  }
  const tops = lane.counts.map(() => new Float64Array(bars.count));
  for (let bar = 0; bar < bars.count; bar++) {
    const most = fullAt(bars, lane, bar);
    let sum = 0;
    lane.counts.forEach((row, state) => {
      sum += row[bar];
      // What is there is seen, however little.
      tops[state][bar] = sum > 0 ? Math.max(1, Math.min(1, sum / most) * height) : 0;
    });
  }
  known.set(lane, {height, tops});
  return tops;
}

/** The count at which a bar is full: one sample less is full too, for it fell into the next bar. */
function fullAt({edges, full, unit}: Bars, lane: Lane, bar: number): number {
  const most = full * (edges[bar + 1] - edges[bar]);
  const sum = sumAt(lane, bar);
  return unit === "samples" && sum >= most - 1 - SLACK ? sum : most;
}

export function paintLanes(canvas: HTMLCanvasElement, picture: Picture): void {
  const {bars, width, height, scroll, rows, lanes, chosen, range} = picture;
  const context = canvas.getContext("2d")!;
  const ratio = window.devicePixelRatio || 1;
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  lanes.forEach((lane, at) => {
    const row = rows.rows[at];
    const top = row.top - scroll;
    if (top + row.height + 1 < 0 || top > height) {
      return;
    }
    ground(context, picture, row, top, ratio);
    fill(context, picture, lane, row, top, ratio);
    if (chosen !== null && chosen !== lane.thread) {
      fade(context, 0, top, width, row);
    } else if (range !== null) {
      const scale = width / (bars.to - bars.from);
      const [left, right] = range.map((time) => (time - bars.from) * scale);
      fade(context, 0, top, left, row);
      fade(context, right, top, width, row);
    }
  });
}

/** The lane's own ground, the ticks' lines across it, and its floor. */
function ground(
  context: CanvasRenderingContext2D,
  {ticks, width, line, ground}: Picture,
  row: Row,
  top: number,
  ratio: number,
): void {
  context.fillStyle = ground;
  context.fillRect(0, top, width, row.height);
  context.fillStyle = line;
  for (const {x} of ticks) {
    context.fillRect(Math.round(x * ratio) / ratio, top, 1 / ratio, row.height);
  }
  context.fillRect(0, top + row.height, width, 1);
}

function fill(
  context: CanvasRenderingContext2D,
  {bars, names, theme, width}: Picture,
  lane: Lane,
  row: Row,
  top: number,
  ratio: number,
): void {
  const snap = (value: number): number => Math.round(value * ratio) / ratio;
  const scale = width / (bars.to - bars.from);
  const floor = snap(top + row.height);
  const tops = topsOf(bars, lane, row.height);
  // From the whole bar down: each state covers all but what stands on top of it.
  for (let state = bars.states.length - 1; state >= 0; state--) {
    context.fillStyle = stateColor(names[bars.states[state]], theme);
    context.beginPath();
    let level = floor;
    let open = false;
    for (let bar = 0; bar < bars.count; bar++) {
      const y = tops[state][bar] > 0 ? snap(floor - tops[state][bar]) : floor;
      if (y === level) {
        continue;
      }
      const x = snap((bars.edges[bar] - bars.from) * scale);
      if (open) {
        context.lineTo(x, level);
      } else {
        context.moveTo(x, floor);
        open = true;
      }
      context.lineTo(x, y);
      level = y;
    }
    if (open) {
      context.lineTo(width, level);
      context.lineTo(width, floor);
      context.closePath();
      context.fill();
    }
  }
}

/** What is not chosen fades into whatever the page's ground is. */
function fade(context: CanvasRenderingContext2D, left: number, top: number, right: number, row: Row): void {
  context.globalCompositeOperation = "destination-out";
  context.fillStyle = `rgba(0, 0, 0, ${1 - REST})`;
  context.fillRect(left, top, right - left, row.height + 1);
  context.globalCompositeOperation = "source-over";
}
