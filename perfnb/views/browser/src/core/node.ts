// The core on standard input and output, a JSON line each way: how tests hold it to Python's.
import {createInterface} from "node:readline";
import {fold, type FoldOptions} from "./fold";
import {formatShare, formatValue} from "./format";
import {layout} from "./layout";
import {makePalette, PLAIN} from "./palette";
import {search} from "./search";
import {decode, decompress} from "./tables";

interface Request {
  readonly tables: string;
  readonly options?: Partial<FoldOptions>;
  readonly search?: string | null;
}

interface Numbers {
  readonly numbers: readonly number[];
}

const DEFAULTS: FoldOptions = {
  threads: null,
  states: null,
  range: null,
  inverted: false,
  merge: "cell",
  splitThreads: false,
};

async function answer({tables: packed, options, search: pattern}: Request): Promise<object> {
  const bytes = Uint8Array.from(Buffer.from(packed, "base64"));
  const tables = decode(await decompress(bytes.buffer));
  const tree = fold(tables, {...DEFAULTS, ...options});
  const boxes = layout(tree);
  const found = pattern == null ? null : search(tree, tables, pattern);
  const palette = makePalette(tables, "name", "light");
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
    fill: Array.from(palette.ofFunction, (color) => palette.paints[PLAIN][color].fill),
    matched: found?.ok ? Array.from(found.matched) : [],
    fraction: found?.ok ? found.fraction : null,
    error: found && !found.ok ? found.error : null,
  };
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
