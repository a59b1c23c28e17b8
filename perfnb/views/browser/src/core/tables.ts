// A profile's tables as they travel: gzip of a JSON header and little-endian columns.

export type Unit = "ns" | "bytes" | "count" | "micro";

export interface ValueType {
  readonly kind: string;
  readonly unit: Unit;
}

export interface Thread {
  readonly host: string;
  readonly pid: number;
  readonly tid: number;
  readonly name: string;
  readonly process: string;
}

export interface Tables {
  /** Whether it is known how many samples each row stands for. */
  readonly counted: boolean;
  readonly value: ValueType;
  readonly strings: readonly string[];
  readonly threads: readonly Thread[];
  readonly kinds: readonly string[];
  readonly states: readonly string[];
  readonly functions: {
    readonly name: Int32Array;
    readonly file: Int32Array;
    readonly module: Int32Array;
    readonly kind: Uint8Array;
  };
  readonly frames: {readonly function: Int32Array; readonly line: Int32Array};
  readonly stacks: {
    readonly parent: Int32Array;
    readonly frame: Int32Array;
    /** How many rows too narrow to be drawn each row stands for; null if every row is here. */
    readonly hidden: Int32Array | null;
  };
  readonly samples: {
    readonly stack: Int32Array;
    readonly thread: Int32Array;
    readonly weight: Float64Array;
    readonly time: Float64Array | null;
    readonly duration: Float64Array | null;
    readonly state: Uint8Array | null;
    /** How many samples each row stands for; null if one each. */
    readonly count: Float64Array | null;
  };
}

/** The bytes are not a profile that this code can read. */
export class MalformedTables extends Error {
  override readonly name = "MalformedTables";
}

const VERSION = 1;
const ALIGNMENT = 8;

interface ColumnSpec {
  readonly dtype: string;
  readonly offset: number;
  readonly length: number;
}

interface Header {
  readonly version: number;
  readonly value: ValueType;
  readonly strings: string[];
  readonly threads: Thread[];
  readonly kinds: string[];
  readonly states: string[];
  readonly meta?: {readonly summed?: boolean};
  readonly columns: Record<string, ColumnSpec>;
}

export async function decompress(packed: ArrayBuffer): Promise<ArrayBuffer> {
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  try {
    return await new Response(stream).arrayBuffer();
  } catch {
    throw new MalformedTables("the profile's bytes are not a whole gzip stream");
  }
}

/** The columns are views into `buffer`, not copies. */
export function decode(buffer: ArrayBuffer): Tables {
  const {header, base} = readHeader(buffer);
  const column = new ColumnReader(buffer, base, header.columns);
  const tables: Tables = {
    counted: !header.meta?.summed,
    value: header.value,
    strings: header.strings,
    threads: header.threads,
    kinds: header.kinds,
    states: header.states,
    functions: {
      name: column.i4("functions.name"),
      file: column.i4("functions.file"),
      module: column.i4("functions.module"),
      kind: column.u1("functions.kind"),
    },
    frames: {function: column.i4("frames.function"), line: column.i4("frames.line")},
    stacks: {
      parent: column.i4("stacks.parent"),
      frame: column.i4("stacks.frame"),
      hidden: column.has("stacks.hidden") ? column.i4("stacks.hidden") : null,
    },
    samples: {
      stack: column.i4("samples.stack"),
      thread: column.i4("samples.thread"),
      weight: column.f8("samples.weight"),
      time: column.has("samples.time") ? column.f8("samples.time") : null,
      duration: column.has("samples.duration") ? column.f8("samples.duration") : null,
      state: column.has("samples.state") ? column.u1("samples.state") : null,
      count: column.has("samples.count") ? column.f8("samples.count") : null,
    },
  };
  validate(tables);
  return tables;
}

function readHeader(buffer: ArrayBuffer): {header: Header; base: number} {
  if (buffer.byteLength < 4) {
    throw new MalformedTables("the profile's tables are empty");
  }
  const size = new DataView(buffer).getUint32(0, true);
  if (4 + size > buffer.byteLength) {
    throw new MalformedTables("the profile's header is cut short");
  }
  let header: Header;
  try {
    header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, size))) as Header;
  } catch {
    throw new MalformedTables("the profile's header is not JSON");
  }
  if (header.version !== VERSION) {
    throw new MalformedTables(
      `the profile's tables have version ${header.version}, this page reads version ${VERSION}: ` +
        "load the perfnb.js of the perfnb that wrote them",
    );
  }
  return {header, base: Math.ceil((4 + size) / ALIGNMENT) * ALIGNMENT};
}

class ColumnReader {
  constructor(
    private readonly buffer: ArrayBuffer,
    private readonly base: number,
    private readonly specs: Record<string, ColumnSpec>,
  ) {}

  has(name: string): boolean {
    return name in this.specs;
  }

  u1(name: string): Uint8Array {
    return new Uint8Array(this.buffer, ...this.place(name, "u1", 1));
  }

  i4(name: string): Int32Array {
    return new Int32Array(this.buffer, ...this.place(name, "i4", 4));
  }

  f8(name: string): Float64Array {
    return new Float64Array(this.buffer, ...this.place(name, "f8", 8));
  }

  private place(name: string, dtype: string, size: number): [offset: number, length: number] {
    const spec = this.specs[name];
    if (spec === undefined) {
      throw new MalformedTables(`the profile has no column ${name}`);
    }
    if (spec.dtype !== dtype) {
      throw new MalformedTables(`column ${name} is ${spec.dtype}, not ${dtype}`);
    }
    const offset = this.base + spec.offset;
    if (offset % ALIGNMENT !== 0 || offset + spec.length * size > this.buffer.byteLength) {
      throw new MalformedTables(`column ${name} lies outside the profile's bytes`);
    }
    return [offset, spec.length];
  }
}

/** What the loops rely on to end: indices that exist, and parents before their children. */
function validate({strings, kinds, threads, functions, frames, stacks, samples}: Tables): void {
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
  within("frames.function", frames.function, frames.line.length, rows);
  within("stacks.frame", stacks.frame, stacks.parent.length, frames.line.length);
  // −1 is the empty stack.
  within("samples.stack", samples.stack, samples.weight.length, stacks.parent.length, -1);
  within("samples.thread", samples.thread, samples.weight.length, threads.length);
  for (let stack = 0; stack < stacks.parent.length; stack++) {
    if (!(stacks.parent[stack] >= -1 && stacks.parent[stack] < stack)) {
      throw new MalformedTables(`stack ${stack} comes before its parent`);
    }
  }
}
