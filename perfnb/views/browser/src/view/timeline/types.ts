// What the timeline is given, and what it tells.
import type {Theme} from "../../core/palette";
import type {Tables} from "../../core/tables";
import type {Lanes} from "../../core/timeline";

/** From the first nanosecond since the start to the one after the last. */
export type Range = readonly [from: number, to: number];

export interface TimelineModel {
  readonly lanes: Lanes;
  readonly tables: Tables;
  readonly range: Range | null;
  /** The thread row that alone is looked at. */
  readonly chosen: number | null;
  readonly theme: Theme;
}

export interface TimelineActions {
  /** So many bins fill a lane. */
  needs(bins: number): void;
  brush(range: Range | null): void;
  lane(thread: number): void;
}
