// What the source view takes and tells.
import type {LineTable} from "../../core/lines";
import type {Theme} from "../../core/palette";
import type {Unit} from "../../core/tables";
import type {Noun} from "../../core/words";
import type {FunctionRef, SourceAnswer} from "../engine";

export type {FunctionRef, LineTable};

export interface SourceActions {
  /** Another function of the same file. */
  choose(ref: FunctionRef): void;
}

export interface Listing extends Omit<SourceAnswer, "whole"> {
  readonly ref: FunctionRef;
}

export interface SourceAbout {
  readonly unit: Unit;
  /** What the values are, for instance "on-CPU". */
  readonly kind: string;
  readonly counted: boolean;
  /** What these are called. */
  readonly noun: Noun;
  /** Of which shares are taken. */
  readonly whole: number;
  readonly theme: Theme;
}

export interface ProbedLine {
  /** 0 where lines are left out. */
  readonly line: number;
  readonly self: string;
  readonly total: string;
  readonly text: string;
  /** CSS pixels below the top of the scrolled area. */
  readonly y: number;
  readonly height: number;
  /** How strongly the line is coloured by its self, from 0 to 1. */
  readonly heat: number;
  readonly hottest: boolean;
  readonly active: boolean;
}

export interface SourceProbe {
  /** The lines that are seen, at least in part. */
  readonly rows: readonly ProbedLine[];
  readonly count: number;
  readonly active: number | null;
  readonly hottest: number | null;
  readonly header: string;
  readonly note: string;
  readonly functions: readonly string[];
}
