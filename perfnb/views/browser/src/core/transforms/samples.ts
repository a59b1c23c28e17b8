// Some of the samples, over the same stacks.
import type {Tables} from "../tables";

type Samples = Tables["samples"];
type Column = Int32Array | Float64Array | Uint8Array;

/** The rows from `low` up to `high`: views, not copies. */
export function between(tables: Tables, low: number, high: number): Tables {
  return changed(tables, (column) => column.subarray(low, high) as typeof column);
}

/** The rows for which `wanted` holds. */
export function choose(tables: Tables, wanted: (row: number) => boolean): Tables {
  const size = tables.samples.stack.length;
  const rows = new Int32Array(size);
  let count = 0;
  for (let row = 0; row < size; row++) {
    if (wanted(row)) {
      rows[count++] = row;
    }
  }
  return count === size ? tables : take(tables, rows.subarray(0, count));
}

export function take(tables: Tables, rows: Int32Array): Tables {
  return changed(tables, (column) => {
    const values = column.slice(0, rows.length) as typeof column;
    for (let at = 0; at < rows.length; at++) {
      values[at] = column[rows[at]];
    }
    return values;
  });
}

function changed(tables: Tables, change: <C extends Column>(column: C) => C): Tables {
  const {stack, thread, weight, time, duration, state, count}: Samples = tables.samples;
  return {
    ...tables,
    samples: {
      stack: change(stack),
      thread: change(thread),
      weight: change(weight),
      time: time && change(time),
      duration: duration && change(duration),
      state: state && change(state),
      count: count && change(count),
    },
  };
}
