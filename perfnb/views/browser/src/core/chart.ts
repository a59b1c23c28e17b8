// A flame chart: what one thread did, one stack after the other, as boxes over time.
import type {CallTree} from "./calltree";
import {enlarged, TimeBoxes} from "./timeboxes";
import {frameKeys, type Merge} from "./keys";
import type {Layout} from "./layout";
import type {Tables} from "./tables";

export interface ChartOptions {
  /** A row of the threads table. */
  readonly thread: number;
  readonly merge: Merge;
  /** Nanoseconds since the start; the end is not included. */
  readonly from: number;
  readonly to: number;
}

export interface Chart {
  /**
   * Node 0 is the thread. `total` is a box's width in nanoseconds, `self` how long it was the
   * leaf; samples are the rows of samples in it.
   */
  readonly tree: CallTree;
  /** `x` is in nanoseconds since the start: it runs from `from` to `to`, which is the extent. */
  readonly boxes: Layout;
  /** Of each state how long each box was in it; null where states are not known. */
  readonly states: readonly Float64Array[] | null;
  readonly from: number;
  readonly to: number;
}

/** The samples of a thread of whose times nothing more is known are this far apart. */
const UNKNOWN_PERIOD = 1e7;

export function chart(tables: Tables, {thread, merge, from, to}: ChartOptions): Chart {
  const {stack, time, count, state} = tables.samples;
  if (time === null && stack.length > 0) {
    throw new Error("this profile has no times");
  }
  const keys = frameKeys(tables, merge);
  const rows = rowsOf(tables, thread);
  const ends = endsOf(tables, rows);
  const boxes = new TimeBoxes(state === null ? 0 : tables.states.length);
  const path = new Path(tables, keys.ofFrame);
  let until = from;
  for (let at = 0; at < rows.length; at++) {
    const row = rows[at];
    const begin = Math.max(time![row], from);
    const end = Math.min(ends[at], to);
    if (end > begin) {
      const shared = path.lead(stack[row]);
      boxes.put(path.keys, path.length, begin === until ? shared : 0, [begin, end], {
        samples: count === null ? 1 : count[row],
        state: state === null ? -1 : state[row],
      });
      until = end;
    }
  }
  return {...boxes.finish(thread, keys, from, to), from, to};
}

/** The rows of samples of one thread, in the order of their times. */
function rowsOf({samples}: Tables, thread: number): Int32Array {
  const rows = new Int32Array(samples.thread.length);
  let size = 0;
  for (let row = 0; row < rows.length; row++) {
    if (samples.thread[row] === thread) {
      rows[size++] = row;
    }
  }
  return rows.subarray(0, size);
}

/** When each row ends: where it does not say, with the next, and not long after its time. */
function endsOf({samples, meta}: Tables, rows: Int32Array): Float64Array {
  const [time, duration] = [samples.time!, samples.duration];
  const ends = new Float64Array(rows.length);
  const typical = duration === null ? typicalStep(time, rows) ?? meta.period ?? UNKNOWN_PERIOD : 0;
  for (let at = 0; at < rows.length; at++) {
    const begin = time[rows[at]];
    const isLast = at === rows.length - 1;
    const next = isLast ? Infinity : time[rows[at + 1]];
    const longest = duration === null ? typical * (isLast ? 1 : 2) : duration[rows[at]];
    ends[at] = Math.min(begin + longest, next);
  }
  return ends;
}

function typicalStep(time: Float64Array, rows: Int32Array): number | null {
  const steps = new Float64Array(rows.length);
  let size = 0;
  for (let at = 1; at < rows.length; at++) {
    const step = time[rows[at]] - time[rows[at - 1]];
    if (step > 0) {
      steps[size++] = step;
    }
  }
  return size === 0 ? null : steps.subarray(0, size).sort()[size >> 1];
}

/** The merged keys of one stack after the other, from the root. */
class Path {
  keys: Int32Array = new Int32Array(64);
  length = 0;
  private frames: Int32Array = new Int32Array(64);

  constructor(
    private readonly tables: Tables,
    private readonly keyOfFrame: Int32Array,
  ) {}

  /** Goes to a stack; returns how many keys from the root on it shares with the one before. */
  lead(stack: number): number {
    const {parent, frame} = this.tables.stacks;
    let length = 0;
    for (let at = stack; at >= 0; at = parent[at]) {
      if (length === this.frames.length) {
        this.keys = enlarged(this.keys);
        this.frames = enlarged(this.frames);
      }
      this.frames[length++] = frame[at];
    }
    const most = Math.min(length, this.length);
    let shared = 0;
    while (shared < most && this.keys[shared] === this.keyOfFrame[this.frames[length - 1 - shared]]) {
      shared++;
    }
    for (let depth = shared; depth < length; depth++) {
      this.keys[depth] = this.keyOfFrame[this.frames[length - 1 - depth]];
    }
    this.length = length;
    return shared;
  }
}
