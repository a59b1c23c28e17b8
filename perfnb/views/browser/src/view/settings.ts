// What the reader and the notebook can choose. The Bokeh model's properties, by their names here.
import type {Filter} from "../core/filters";
import type {Merge} from "../core/keys";
import type {ColorBy} from "../core/palette";
import type {FunctionRef, Query} from "./engine";
import type {Orientation} from "./rows";
import type {ThemeChoice} from "./theme";

export type Level = "ok" | "note" | "warn";

export interface HonestyItem {
  readonly label: string;
  readonly text: string;
  readonly level: Level;
  readonly help: string;
}

/** What stands in the middle. */
export type ViewName = "flame" | "chart" | "sandwich" | "source";

export interface Settings {
  readonly title: string;
  readonly view: ViewName;
  readonly timeline: boolean;
  readonly table: boolean;
  readonly filters: readonly Filter[];
  readonly merge: Merge;
  readonly inverted: boolean;
  readonly splitThreads: boolean;
  readonly orientation: Orientation;
  readonly colorBy: ColorBy;
  readonly pattern: string;
  /** The function that all views are about. */
  readonly chosen: FunctionRef | null;
  readonly frameHeight: number;
  readonly maxRowsHeight: number;
  readonly theme: ThemeChoice;
  readonly honesty: readonly HonestyItem[];
  readonly summary: string;
}

export type Change = (settings: Partial<Settings>) => void;

/** The part of the settings that decides on numbers. */
export function queryOf({filters, merge, inverted, splitThreads}: Settings): Query {
  return {filters, merge, inverted, splitThreads};
}
