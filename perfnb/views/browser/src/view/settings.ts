// What the reader and the notebook can choose. The Bokeh model's properties, by their names here.
import type {Merge} from "../core/keys";
import type {ColorBy} from "../core/palette";
import type {Orientation} from "./rows";
import type {ThemeChoice} from "./theme";

export type Level = "ok" | "note" | "warn";

export interface HonestyItem {
  readonly label: string;
  readonly text: string;
  readonly level: Level;
  readonly help: string;
}

export interface Settings {
  readonly title: string;
  readonly merge: Merge;
  readonly inverted: boolean;
  readonly orientation: Orientation;
  readonly colorBy: ColorBy;
  readonly threads: readonly number[] | null;
  readonly states: readonly string[] | null;
  readonly timeRange: readonly [number, number] | null;
  readonly splitThreads: boolean;
  readonly pattern: string;
  readonly frameHeight: number;
  readonly maxRowsHeight: number;
  readonly theme: ThemeChoice;
  readonly honesty: readonly HonestyItem[];
  readonly summary: string;
}

export type Change = (settings: Partial<Settings>) => void;
