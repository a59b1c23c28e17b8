// What the reader and the notebook can choose. The Bokeh model's properties, by their names here.
import type {Filter} from "../core/filters";
import type {Merge} from "../core/keys";
import type {ColorBy} from "../core/palette";
import type {Tables} from "../core/tables";
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

/** What the table lists. */
export type TableRows = "functions" | "threads";

export interface Settings {
  readonly title: string;
  readonly view: ViewName;
  readonly timeline: boolean;
  readonly table: boolean;
  readonly tableRows: TableRows;
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

/** What the table lists where it is shown: threads only if something was measured of them. */
export function rowsOf({table, tableRows}: Settings, tables: Tables | null): TableRows | null {
  const known = (tables?.threadTimes.length ?? 0) > 0;
  return !table ? null : tableRows === "threads" && known ? "threads" : "functions";
}

/** The part of the settings that decides on numbers. */
export function queryOf({filters, merge, inverted, splitThreads}: Settings): Query {
  return {filters, merge, inverted, splitThreads};
}
