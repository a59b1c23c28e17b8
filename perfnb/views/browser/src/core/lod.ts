// Level of detail: what to paint of a row so that no more is painted than there are pixels.
import {firstEndingAfter, type Layout} from "./layout";

export interface Viewport {
  /** The visible part, in the layout's unit. */
  readonly x0: number;
  readonly x1: number;
  /** The pixels it is painted on. */
  readonly pixels: number;
}

export interface Visitor {
  /** A box wide enough to be seen by itself. */
  box(box: number): void;
  /** Neighbours from `first` to `last`, each too narrow to be seen, that share one fill. */
  run(first: number, last: number): void;
}

/** Narrower than this many pixels, a box has no fill of its own. */
export const THIN = 0.75;

/** A run covers at most this many pixels: a longer one would look like a frame. */
const RUN = 1.5;

/**
 * A run stops at the first wide box: skipping ahead by position looks right in every number
 * and swallows wide frames that begin within the skipped pixel.
 */
export function visitRow(boxes: Layout, row: number, {x0, x1, pixels}: Viewport, visitor: Visitor): void {
  const {x, width, rows} = boxes;
  const scale = pixels / (x1 - x0);
  const thin = THIN / scale;
  const longest = RUN / scale;
  const end = rows[row + 1];
  let box = firstEndingAfter(boxes, row, x0);
  while (box < end && x[box] < x1) {
    if (width[box] >= thin) {
      visitor.box(box++);
      continue;
    }
    const limit = x[box] + longest;
    let next = box + 1;
    while (next < end && width[next] < thin && x[next] + width[next] <= limit) {
      next++;
    }
    visitor.run(box, next - 1);
    box = next;
  }
}
