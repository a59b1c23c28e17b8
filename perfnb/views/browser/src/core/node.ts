// The core on standard input and output, a JSON line each way: how tests hold it to Python's.
import {createInterface} from "node:readline";
import type {CallTree} from "./calltree";
import {chart, type ChartOptions} from "./chart";
import {expression} from "./expression";
import {applyFilters, normalize} from "./filters";
import {fold, type FoldOptions} from "./fold";
import {formatShare, formatValue} from "./format";
import {functionTable} from "./functions";
import {layout, type Layout} from "./layout";
import {lineTable} from "./lines";
import {threadOf} from "./owner";
import {stateTotals} from "./nodestates";
import {makePalette, PLAIN} from "./palette";
import {callees, callers} from "./sandwich";
import {search} from "./search";
import {decode, decompress, type Tables} from "./tables";
import {timesLabels} from "./threadtimes";
import {lanes, type LaneOptions} from "./timeline";

/** What may be asked of tables, and the further keys of `options` that it takes. */
interface Options extends FoldOptions, LaneOptions, Pick<ChartOptions, "thread"> {
  /** A row of the functions table: of `callers` and `callees`. */
  readonly function: number;
  readonly file: string;
}

interface Request {
  readonly tables: string;
  readonly what?: keyof typeof ANSWERS;
  /** `maps`: filters come as Maps, as they do out of a model's property. */
  readonly options?: Partial<Options> & {readonly filters?: unknown[]; readonly maps?: boolean};
  readonly search?: string | null;
}

interface Numbers {
  readonly numbers: readonly number[];
}

const DEFAULTS: Options = {
  inverted: false,
  merge: "cell",
  splitThreads: false,
  thread: 0,
  from: 0,
  to: 1000,
  bins: 10,
  function: 0,
  file: "",
};

const ANSWERS = {
  tree: (tables: Tables, options: Options) => folded(tables, options),
  callers: (tables: Tables, options: Options) => folded(callers(tables, options.function), options),
  callees: (tables: Tables, options: Options) => folded(callees(tables, options.function), options),
  functions: (tables: Tables) => {
    const {tables: _, ids, ...columns} = functionTable(tables);
    return {ids: Array.from(ids), ...listed(columns)};
  },
  lanes: (tables: Tables, options: Options) => listed({...lanes(tables, options)}),
  chart: (tables: Tables, options: Options) => {
    const {tree, boxes} = chart(tables, options);
    return {...drawn(tree, boxes), extent: boxes.extent, rows: Array.from(boxes.rows)};
  },
  states: (tables: Tables, options: Options) => {
    const tree = fold(tables, options);
    const states = (): ReturnType<typeof stateTotals> => stateTotals(tables, options);
    const {paints, ofNode, states: told} = makePalette(tables, "state", "light", {tree, options, states});
    const fills = ofNode === null ? null : Array.from(ofNode, (color) => paints[PLAIN][color].fill);
    return {fills, shares: told?.states ?? null};
  },
  lines: (tables: Tables, options: Options) => listed({...lineTable(tables, options.file)}),
  threads: ({threadTimes, threads}: Tables) => ({rows: threadTimes, labels: timesLabels(threadTimes, threads)}),
  tables: ({meta, sources, functions}: Tables) => ({
    meta,
    sources: Object.fromEntries(sources),
    mine: Array.from(functions.mine),
  }),
};

async function answer({tables: packed, what, options, search: pattern}: Request): Promise<object> {
  const whole = await opened(packed);
  const given = options?.filters ?? [];
  const filters = normalize(options?.maps ? given.map((one) => new Map(Object.entries(one as object))) : given);
  const tables = applyFilters(whole, filters);
  const all = {...DEFAULTS, ...options};
  const {strings, functions, kinds} = tables;
  const palette = makePalette(tables, "name", "light");
  return {
    error: null,
    ...ANSWERS[what ?? "tree"](tables, all),
    ...(pattern == null ? {} : found(fold(tables, all), tables, pattern)),
    expression: expression(filters, whole),
    identity: Array.from(functions.name, (name, id) => [
      strings[name],
      strings[functions.file[id]],
      strings[functions.module[id]],
      kinds[functions.kind[id]],
    ]),
    fill: Array.from(palette.ofFunction, (color) => palette.paints[PLAIN][color].fill),
  };
}

let last: {readonly packed: string; readonly tables: Tables} | null = null;

/** What is asked of the same bytes again is asked of the same tables, as in a page. */
async function opened(packed: string): Promise<Tables> {
  if (last?.packed !== packed) {
    const bytes = Uint8Array.from(Buffer.from(packed, "base64"));
    last = {packed, tables: decode(await decompress(bytes.buffer))};
  }
  return last.tables;
}

function folded(tables: Tables, options: FoldOptions): object {
  const tree = fold(tables, options);
  return {...drawn(tree, layout(tree)), owner: Array.from(threadOf(tables, tree, options))};
}

function drawn(tree: CallTree, boxes: Layout): object {
  return {
    parent: Array.from(tree.parent),
    function: Array.from(tree.function),
    line: Array.from(tree.line),
    thread: Array.from(tree.thread),
    self: Array.from(tree.self),
    total: Array.from(tree.total),
    self_samples: Array.from(tree.selfSamples),
    total_samples: Array.from(tree.totalSamples),
    hidden: Array.from(tree.hidden),
    depth: Array.from(boxes.depth),
    x: Array.from(boxes.x),
  };
}

function found(tree: CallTree, tables: Tables, pattern: string): object {
  const hit = search(tree, tables, pattern);
  return {
    matched: hit.ok ? Array.from(hit.matched) : [],
    fraction: hit.ok ? hit.fraction : null,
    error: hit.ok ? null : hit.error,
  };
}

/** Columns as JSON has them. */
function listed(columns: Record<string, unknown>): object {
  return Object.fromEntries(
    Object.entries(columns).map(([name, column]) => [
      name,
      ArrayBuffer.isView(column) ? Array.from(column as Float64Array) : column,
    ]),
  );
}

function written({numbers}: Numbers): object {
  return {
    ns: numbers.map((number) => formatValue(number, "ns")),
    bytes: numbers.map((number) => formatValue(number, "bytes")),
    count: numbers.map((number) => formatValue(number, "count")),
    micro: numbers.map((number) => formatValue(number, "micro")),
    share: numbers.map(formatShare),
  };
}

for await (const line of createInterface({input: process.stdin})) {
  if (line.trim() === "") {
    continue;
  }
  let reply: object;
  try {
    const request = JSON.parse(line) as Request | Numbers;
    reply = "numbers" in request ? written(request) : await answer(request);
  } catch (error) {
    reply = {error: error instanceof Error ? error.message : String(error)};
  }
  process.stdout.write(`${JSON.stringify(reply)}\n`);
}
