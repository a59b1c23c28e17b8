// Boxes over time, put down one stack after the other.
import type {CallTree} from "./calltree";
import type {Layout} from "./layout";

/** One box each, in the order in which they begin; what is around a box comes before it. */
interface Columns {
  /** The box around it; −1: the thread's. */
  around: Int32Array;
  depth: Int32Array;
  key: Int32Array;
  begin: Float64Array;
  end: Float64Array;
  self: Float64Array;
  selfSamples: Float64Array;
  samples: Float64Array;
}

export class TimeBoxes {
  private size = 0;
  private readonly columns: Columns = {
    around: new Int32Array(1024),
    depth: new Int32Array(1024),
    key: new Int32Array(1024),
    begin: new Float64Array(1024),
    end: new Float64Array(1024),
    self: new Float64Array(1024),
    selfSamples: new Float64Array(1024),
    samples: new Float64Array(1024),
  };
  /** The boxes of the stack that was put down last, from the root. */
  private open: Int32Array = new Int32Array(64);
  private readonly root = {self: 0, selfSamples: 0, samples: 0};
  private deepest = 0;
  /** How long each box was in each state, and how long the thread was. */
  private readonly states: {ofBox: Float64Array; ofThread: number}[];

  /** `states`: how many there are to be told apart; 0 if they are not known. */
  constructor(states = 0) {
    this.states = Array.from({length: states}, () => ({ofBox: new Float64Array(1024), ofThread: 0}));
  }

  /** The first `shared` boxes of the stack before go on; the others of `keys` begin. */
  put(
    keys: Int32Array,
    length: number,
    shared: number,
    [begin, end]: readonly [number, number],
    {samples, state}: {readonly samples: number; readonly state: number},
  ): void {
    while (this.open.length < length) {
      this.open = enlarged(this.open);
    }
    for (let depth = shared; depth < length; depth++) {
      this.open[depth] = this.add(depth === 0 ? -1 : this.open[depth - 1], depth + 1, keys[depth], begin);
    }
    const {columns} = this;
    for (let depth = 0; depth < length; depth++) {
      columns.end[this.open[depth]] = end;
      columns.samples[this.open[depth]] += samples;
    }
    const inState = this.states[state];
    if (inState !== undefined) {
      inState.ofThread += end - begin;
      for (let depth = 0; depth < length; depth++) {
        inState.ofBox[this.open[depth]] += end - begin;
      }
    }
    this.root.samples += samples;
    if (length === 0) {
      this.root.self += end - begin;
      this.root.selfSamples += samples;
    } else {
      columns.self[this.open[length - 1]] += end - begin;
      columns.selfSamples[this.open[length - 1]] += samples;
    }
    this.deepest = Math.max(this.deepest, length);
  }

  private add(around: number, depth: number, key: number, begin: number): number {
    const {columns} = this;
    if (this.size === columns.around.length) {
      columns.around = enlarged(columns.around);
      columns.depth = enlarged(columns.depth);
      columns.key = enlarged(columns.key);
      columns.begin = enlarged(columns.begin);
      columns.end = enlarged(columns.end);
      columns.self = enlarged(columns.self);
      columns.selfSamples = enlarged(columns.selfSamples);
      columns.samples = enlarged(columns.samples);
      for (const inState of this.states) {
        inState.ofBox = enlarged(inState.ofBox);
      }
    }
    columns.around[this.size] = around;
    columns.depth[this.size] = depth;
    columns.key[this.size] = key;
    columns.begin[this.size] = begin;
    return this.size++;
  }

  /** The boxes by depth and time, below the one of the thread. */
  finish(
    thread: number,
    keys: {readonly function: Int32Array; readonly line: Int32Array},
    from: number,
    to: number,
  ): {tree: CallTree; boxes: Layout; states: Float64Array[] | null} {
    const {columns, size, root} = this;
    const rows = this.rows();
    const place = new Int32Array(size);
    const next = rows.slice();
    for (let box = 0; box < size; box++) {
      place[box] = next[columns.depth[box]]++;
    }
    const tree = {
      parent: new Int32Array(size + 1),
      function: new Int32Array(size + 1).fill(-1),
      line: new Int32Array(size + 1),
      thread: new Int32Array(size + 1).fill(-1),
      self: new Float64Array(size + 1),
      total: new Float64Array(size + 1),
      selfSamples: new Float64Array(size + 1),
      totalSamples: new Float64Array(size + 1),
      hidden: new Float64Array(size + 1),
    };
    const depth = new Int32Array(size + 1);
    const x = new Float64Array(size + 1);
    tree.parent[0] = -1;
    tree.thread[0] = thread;
    tree.self[0] = root.self;
    tree.total[0] = to - from;
    tree.selfSamples[0] = root.selfSamples;
    tree.totalSamples[0] = root.samples;
    x[0] = from;
    for (let box = 0; box < size; box++) {
      const at = place[box];
      tree.parent[at] = columns.around[box] < 0 ? 0 : place[columns.around[box]];
      tree.function[at] = keys.function[columns.key[box]];
      tree.line[at] = keys.line[columns.key[box]];
      tree.self[at] = columns.self[box];
      tree.total[at] = columns.end[box] - columns.begin[box];
      tree.selfSamples[at] = columns.selfSamples[box];
      tree.totalSamples[at] = columns.samples[box];
      depth[at] = columns.depth[box];
      x[at] = columns.begin[box];
    }
    const states = this.states.map(({ofBox, ofThread}) => {
      const moved = new Float64Array(size + 1);
      moved[0] = ofThread;
      place.forEach((at, box) => {
        moved[at] = ofBox[box];
      });
      return moved;
    });
    const boxes = {depth, x, width: tree.total, rows, extent: to};
    return {tree, boxes, states: states.length === 0 ? null : states};
  }

  /** Where each depth's boxes begin, and the last one's end. */
  private rows(): Int32Array {
    const rows = new Int32Array(this.deepest + 2);
    rows[1] = 1;
    for (let box = 0; box < this.size; box++) {
      rows[this.columns.depth[box] + 1]++;
    }
    for (let depth = 0; depth <= this.deepest; depth++) {
      rows[depth + 1] += rows[depth];
    }
    return rows;
  }
}

export function enlarged<A extends Int32Array | Float64Array>(array: A): A {
  const larger = new (array.constructor as new (size: number) => A)(array.length * 2);
  larger.set(array);
  return larger;
}
