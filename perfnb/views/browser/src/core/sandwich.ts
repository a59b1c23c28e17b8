// What called a function, and what it called, over all places where it stands.
import type {Tables} from "./tables";
import {focusOn} from "./transforms/frames";
import {invert} from "./transforms/invert";
import {DROPPED, replaced} from "./transforms/restack";

/** The subtrees below the function's outermost frames: the function is the only root. */
export function callees(tables: Tables, functionId: number): Tables {
  return focusOn(tables, flag(tables, functionId));
}

/**
 * What stood above the function's outermost frames, leaf first: the function is the only root,
 * below it its callers. Fold the result not inverted.
 */
export function callers(tables: Tables, functionId: number): Tables {
  const {frames, stacks} = tables;
  const {parent, frame} = stacks;
  const outermost = new Int32Array(parent.length).fill(DROPPED);
  for (let stack = 0; stack < parent.length; stack++) {
    if (parent[stack] >= 0 && outermost[parent[stack]] !== DROPPED) {
      outermost[stack] = outermost[parent[stack]];
    } else if (frames.function[frame[stack]] === functionId) {
      outermost[stack] = stack;
    }
  }
  return invert(replaced(tables, stacks, outermost, DROPPED));
}

function flag({functions}: Tables, functionId: number): Uint8Array {
  const flags = new Uint8Array(functions.name.length);
  flags[functionId] = 1;
  return flags;
}
