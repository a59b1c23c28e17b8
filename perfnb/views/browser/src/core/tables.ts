// A profile's tables as they travel: gzip of a JSON header and little-endian columns.

import {isCellFile} from "./cells";
import {MalformedTables} from "./malformed";
import {readSources, type PackedSource} from "./sources";
import {readThreadTimes, type ThreadTimes} from "./threadtimes";
import {nounOf, type Noun} from "./words";
import {validate} from "./validate";

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

/** The source text of a file, as far as it is known. */
export interface SourceFile {
  readonly note: string;
  /** `first` is the number of the first of the lines. */
  readonly chunks: readonly {readonly first: number; readonly lines: readonly string[]}[];
}

export interface Meta {
  /** When the recording ended, in nanoseconds since its start; null if nobody knows. */
  readonly end: number | null;
  /** Nanoseconds from one sample to the next; null if nobody knows. */
  readonly period: number | null;
  /** What samples are called. */
  readonly noun: Noun;
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
    /** 1 for the user's own code: notebook cells, and files that belong to no library. */
    readonly mine: Uint8Array;
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
  readonly meta: Meta;
  /** What was measured of each thread as a whole; empty if nothing was. */
  readonly threadTimes: readonly ThreadTimes[];
  /** By file, as in `strings`. */
  readonly sources: ReadonlyMap<string, SourceFile>;
}

export {MalformedTables};

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
  readonly meta?: {readonly summed?: boolean; readonly end?: number | null; readonly period?: number | null; readonly noun?: unknown};
  readonly thread_times?: unknown;
  readonly sources?: Record<string, PackedSource>;
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
  const file = column.i4("functions.file");
  const tables: Tables = {
    counted: !header.meta?.summed,
    value: header.value,
    strings: header.strings,
    threads: header.threads,
    kinds: header.kinds,
    states: header.states,
    functions: {
      name: column.i4("functions.name"),
      file,
      module: column.i4("functions.module"),
      kind: column.u1("functions.kind"),
      // Outputs of older versions do not tell.
      mine: column.has("functions.mine")
        ? column.u1("functions.mine")
        : Uint8Array.from(file, (text) => (isCellFile(header.strings[text] ?? "") ? 1 : 0)),
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
    meta: {end: instant(header.meta?.end), period: instant(header.meta?.period), noun: nounOf(header.meta?.noun)},
    threadTimes: readThreadTimes(header.thread_times),
    sources: readSources(header.sources ?? {}),
  };
  validate(tables);
  return tables;
}

function instant(value: unknown): number | null {
  if (value !== undefined && value !== null && !Number.isFinite(value)) {
    throw new MalformedTables(`the profile's times are not numbers: ${String(value)}`);
  }
  return (value as number | null | undefined) ?? null;
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
