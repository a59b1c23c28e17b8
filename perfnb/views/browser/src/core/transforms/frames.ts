// Leaving frames out, and drawing them together.
import type {PatternFilter} from "../filters";
import type {Tables} from "../tables";
import {meant} from "./match";
import {DROPPED, EMPTY, restack} from "./restack";

/** The subtrees below the outermost frames of such functions. */
export function focusOn(tables: Tables, functions: Uint8Array): Tables {
  const wanted = ofFrames(tables, functions);
  const {frame} = tables.stacks;
  return restack(
    tables,
    (above, stack, push) => (above >= 0 || wanted[frame[stack]] ? push(above, frame[stack]) : EMPTY),
    DROPPED,
  );
}

export function focus(tables: Tables, filter: PatternFilter): Tables {
  return focusOn(tables, meant(tables, filter));
}

/** `hide` cuts matching frames out: what they called moves to their callers; `show` the others. */
export function hideOrShow(tables: Tables, filter: PatternFilter): Tables {
  const matching = ofFrames(tables, meant(tables, filter));
  const shown = filter.kind === "show" ? 1 : 0;
  const {frame} = tables.stacks;
  return restack(tables, (above, stack, push) =>
    matching[frame[stack]] === shown ? push(above, frame[stack]) : above,
  );
}

/** A function that directly calls itself becomes one frame. */
export function collapseRecursion(tables: Tables): Tables {
  const {frames, stacks} = tables;
  // The function of each new row's leaf.
  const leaf = new Int32Array(stacks.parent.length);
  return restack(tables, (above, stack, push) => {
    const frame = stacks.frame[stack];
    if (above >= 0 && leaf[above] === frames.function[frame]) {
      return above;
    }
    const row = push(above, frame);
    leaf[row] = frames.function[frame];
    return row;
  });
}

function ofFrames({frames}: Tables, functions: Uint8Array): Uint8Array {
  return Uint8Array.from(frames.function, (id) => functions[id]);
}
