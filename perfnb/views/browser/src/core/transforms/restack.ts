// Rewriting every stack from the root, one row of the stacks table at a time.
import {PairMap} from "../pairmap";
import type {Tables} from "../tables";
import {take} from "./samples";

/** The new row of a stack whose samples are dropped. */
export const DROPPED = -2;
export const EMPTY = -1;

export type Push = (parent: number, leaf: number) => number;

/** (new row of the parent, old row, push) → new row, `EMPTY`, or `DROPPED`. */
export type Rule = (above: number, stack: number, push: Push) => number;

/**
 * The tables with their stacks rebuilt, without the samples whose stack was dropped; `ofEmpty`
 * tells what becomes of the samples whose stack is, or comes out, empty.
 */
export function restack(tables: Tables, rule: Rule, ofEmpty: number = EMPTY): Tables {
  const {parent, hidden} = tables.stacks;
  const rows = new PairMap(parent.length);
  const push: Push = (above, leaf) => rows.index(above, leaf);
  const place = new Int32Array(parent.length);
  const behind = hidden === null ? null : new Int32Array(parent.length);
  for (let stack = 0; stack < parent.length; stack++) {
    const above = parent[stack] < 0 ? EMPTY : place[parent[stack]];
    const row = rule(above, stack, push);
    place[stack] = row;
    if (behind !== null && row >= 0 && row !== above) {
      behind[row] += hidden![stack];
    }
  }
  const stacks = {
    parent: rows.firsts().slice(),
    frame: rows.seconds().slice(),
    hidden: behind && behind.slice(0, rows.size),
  };
  return replaced(tables, stacks, place, ofEmpty);
}

/** The tables with other stacks: `place` tells each old one's new row, `EMPTY` or `DROPPED`. */
export function replaced(
  tables: Tables,
  stacks: Tables["stacks"],
  place: Int32Array,
  ofEmpty: number = EMPTY,
): Tables {
  const {stack} = tables.samples;
  const moved = new Int32Array(stack.length);
  const rows = new Int32Array(stack.length);
  let count = 0;
  for (let row = 0; row < stack.length; row++) {
    const at = stack[row] < 0 ? EMPTY : place[stack[row]];
    moved[row] = at === EMPTY ? ofEmpty : at;
    if (moved[row] !== DROPPED) {
      rows[count++] = row;
    }
  }
  const whole = {...tables, stacks, samples: {...tables.samples, stack: moved}};
  return count === stack.length ? whole : take(whole, rows.subarray(0, count));
}
