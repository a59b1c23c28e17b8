// Whether tables hold together.
import {MalformedTables} from "./malformed";
import type {Tables} from "./tables";

/** What the loops rely on: indices that exist, parents before their children, times in order. */
export function validate({strings, kinds, states, threads, functions, frames, stacks, samples}: Tables): void {
  const within = (name: string, column: ArrayLike<number>, length: number, size: number, least = 0): void => {
    if (column.length !== length) {
      throw new MalformedTables(`column ${name} has ${column.length} rows, its table has ${length}`);
    }
    for (let row = 0; row < length; row++) {
      if (!(column[row] >= least && column[row] < size)) {
        throw new MalformedTables(`column ${name}, row ${row}: no such index ${column[row]}`);
      }
    }
  };
  const rows = functions.name.length;
  within("functions.name", functions.name, rows, strings.length);
  within("functions.file", functions.file, rows, strings.length);
  within("functions.module", functions.module, rows, strings.length);
  within("functions.kind", functions.kind, rows, kinds.length);
  within("functions.mine", functions.mine, rows, 2);
  within("frames.function", frames.function, frames.line.length, rows);
  within("stacks.frame", stacks.frame, stacks.parent.length, frames.line.length);
  // −1 is the empty stack.
  within("samples.stack", samples.stack, samples.weight.length, stacks.parent.length, -1);
  within("samples.thread", samples.thread, samples.weight.length, threads.length);
  for (const [name, column] of Object.entries(samples)) {
    if (column !== null && column.length !== samples.weight.length) {
      throw new MalformedTables(`column samples.${name} has ${column.length} rows, its table has ${samples.weight.length}`);
    }
  }
  if (samples.state !== null) {
    within("samples.state", samples.state, samples.weight.length, states.length);
  }
  if (samples.time !== null && !isAscending(samples.time)) {
    throw new MalformedTables("samples are not sorted by time");
  }
  for (let stack = 0; stack < stacks.parent.length; stack++) {
    if (!(stacks.parent[stack] >= -1 && stacks.parent[stack] < stack)) {
      throw new MalformedTables(`stack ${stack} comes before its parent`);
    }
  }
}

function isAscending(column: Float64Array): boolean {
  for (let row = 1; row < column.length; row++) {
    if (!(column[row - 1] <= column[row])) {
      return false;
    }
  }
  return true;
}
