// Turning stacks round: from the leaf to the root.
import {PairMap} from "../pairmap";
import {seenStacks} from "../select";
import type {Tables} from "../tables";
import {replaced} from "./restack";

/** Stacks that no sample has are left out. */
export function invert(tables: Tables): Tables {
  const {parent, frame, hidden} = tables.stacks;
  const seen = seenStacks(tables);
  const rows = new PairMap(parent.length);
  const place = new Int32Array(parent.length);
  const roots: number[] = [];
  for (let stack = 0; stack < parent.length; stack++) {
    if (seen[stack]) {
      let row = rows.index(-1, frame[stack]);
      if (hidden !== null) {
        roots[row] = (roots[row] ?? 0) + hidden[stack];
      }
      for (let at = parent[stack]; at >= 0; at = parent[at]) {
        row = rows.index(row, frame[at]);
      }
      place[stack] = row;
    }
  }
  const stacks = {
    parent: rows.firsts().slice(),
    frame: rows.seconds().slice(),
    hidden: hidden && Int32Array.from({length: rows.size}, (_, row) => roots[row] ?? 0),
  };
  return replaced(tables, stacks, place);
}
