// What the views in the middle have in common, and what they need of the component around them.
import type {FunctionTable} from "../../core/functions";
import type {Dress} from "../dress";
import type {Look} from "../drawing";
import type {Engine, FunctionRef} from "../engine";
import {refOf} from "../engine";
import type {GraphPane, PaneActions} from "../pane";
import type {Scene} from "../scene";
import type {Change, Settings} from "../settings";
import type {Tip} from "../tip";

export interface Shell {
  readonly settings: Settings;
  /** Null until the profile has been read. */
  readonly engine: Engine | null;
  readonly dress: Dress;
  readonly tip: Tip;
  change: Change;
  choose(ref: FunctionRef | null): void;
  /** Lists what can be done with a frame or a function. */
  menu(scene: Scene, node: number, x: number, y: number): void;
  say(text: string): void;
  search(): void;
  /** The zoom has changed, or the search went on. */
  moved(): void;
  /** Something else is shown. */
  shown(): void;
  focused(path: string[]): void;
  painted(milliseconds: number): void;
  resized(): void;
}

export interface MainView {
  readonly el: HTMLElement;
  /** Asks for its numbers anew. */
  refresh(): void;
  /** Theme, colours or direction have changed. */
  redress(): void;
  research(): void;
  /** Another function is chosen. */
  light(): void;
  /** The canvases, the one that is searched first. */
  readonly panes: readonly GraphPane[];
  dispose(): void;
}

export function lookOf({orientation, frameHeight, maxRowsHeight, colorBy}: Settings): Look {
  return {orientation, frameHeight, maxRowsHeight, colorBy};
}

/** What panes tell, passed on to the component. */
export function paneActions(shell: Shell, focused: () => void = () => undefined): PaneActions {
  return {
    moved: () => shell.moved(),
    focused,
    chosen: (scene, node) => {
      const id = scene.tree.function[node];
      if (id >= 0 && scene.tree.hidden[node] === 0) {
        shell.choose(refOf(scene.tables, id));
      }
    },
    cleared: () => shell.choose(null),
    menu: (scene, node, x, y) => shell.menu(scene, node, x, y),
    search: () => shell.search(),
    painted: (milliseconds) => shell.painted(milliseconds),
    resized: () => shell.resized(),
    say: (text) => shell.say(text),
  };
}

/** The chosen function, or else the one with the largest self that `fits`. */
export function target(
  shell: Shell,
  done: (ref: FunctionRef | null) => void,
  fits: (ref: FunctionRef) => boolean = () => true,
): void {
  const {engine, settings} = shell;
  if (settings.chosen !== null || engine === null) {
    done(settings.chosen);
    return;
  }
  engine.functions({filters: settings.filters, merge: "function", inverted: false, splitThreads: false}, (table) =>
    done(hottest(table, fits)),
  );
}

function hottest({tables, ids}: FunctionTable, fits: (ref: FunctionRef) => boolean): FunctionRef | null {
  for (const id of ids) {
    const ref = refOf(tables, id);
    if (fits(ref)) {
      return ref;
    }
  }
  return ids.length > 0 ? refOf(tables, ids[0]) : null;
}
