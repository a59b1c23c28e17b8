// What the function table takes and tells.
import type {FunctionTable} from "../../core/functions";
import type {Theme} from "../../core/palette";
import type {Noun} from "../../core/words";
import type {FunctionRef} from "../engine";

export type {FunctionRef, FunctionTable};

export interface TableActions {
  /** The reader marked a function: a click, an arrow key. */
  select(ref: FunctionRef): void;
  /** Enter or a double click. */
  open(ref: FunctionRef): void;
  /** The ⋯ button, a right click, or the context-menu key. */
  menu(ref: FunctionRef, anchor: Element): void;
}

export interface TableAbout {
  readonly theme: Theme;
  /** Whether it is known how many samples the values stand for. */
  readonly counted: boolean;
  /** What these are called. */
  readonly noun: Noun;
  /** The search of the whole component. */
  readonly pattern: string;
}

export type ColumnKey = "self" | "total" | "samples" | "name";

export interface Sort {
  readonly by: ColumnKey;
  readonly descending: boolean;
}

export interface ProbedRow {
  readonly index: number;
  readonly name: string;
  readonly detail: string;
  readonly self: string;
  readonly selfShare: string;
  readonly total: string;
  readonly totalShare: string;
  readonly samples: string;
  /** CSS pixels below the top of the scrolled area. */
  readonly y: number;
  readonly height: number;
  readonly marked: boolean;
  readonly active: boolean;
  readonly matched: boolean;
}

export interface TableProbe {
  /** The rows that are seen, at least in part. */
  readonly rows: readonly ProbedRow[];
  readonly count: number;
  readonly functions: number;
  readonly sort: Sort;
  readonly marked: FunctionRef | null;
  readonly active: string | null;
  readonly status: string;
  readonly invalid: string | null;
}
