// Filters as the Python that does the same, to the letter as `perfnb.transform.filters` writes it.
import type {Filter, ThreadFilter, TimeFilter} from "./filters";
import type {Tables} from "./tables";

/** Such as `profile.where(thread="worker").focus("^load$")`; the threads of `tables` tell names. */
export function expression(filters: readonly Filter[], tables: Pick<Tables, "threads">): string {
  return `profile${filters.map((filter) => calls(filter, tables)).join("")}`;
}

function calls(filter: Filter, tables: Pick<Tables, "threads">): string {
  switch (filter.kind) {
    case "thread":
      return `.where(${ofThread(filter, tables)})`;
    case "process":
      return `.where(process=${filter.pid})`;
    case "time":
      return `.where(${ofTime(filter)})`;
    case "state":
      return `.where(state=${oneOrMore(filter.states)})`;
    case "module":
      return `.where(module=${text(filter.module)})`;
    case "duration": {
      const {from = 0, to} = filter;
      return `.where(duration=(${seconds(from)}, ${to === undefined ? "None" : seconds(to)}))`;
    }
    case "reason":
      return `.where(reason=${oneOrMore(filter.reasons)})`;
    case "subtree": {
      const call = `.subtree(${filter.path.map(text).join(", ")})`;
      return filter.inverted ? `.inverted()${call}.inverted()` : call;
    }
    case "mine":
      return ".only_my_code()";
    case "recursion":
      return ".collapse_recursion()";
    case "by":
      return `.by(${text(filter.what)})`;
    default: {
      const exact = filter.exact ? ", exact=True" : "";
      const file = filter.file === undefined ? "" : `, file=${text(filter.file)}`;
      return `.${filter.kind}(${text(filter.pattern)}${exact}${file})`;
    }
  }
}

/** By its name if that tells it, else by its number, else with its process. */
function ofThread({tid, pid}: ThreadFilter, {threads}: Pick<Tables, "threads">): string {
  const both = `thread=${tid}, process=${pid}`;
  const meant = threads.filter((thread) => thread.tid === tid && thread.pid === pid);
  if (meant.length !== 1) {
    return both;
  }
  const [{name}] = meant;
  if (name !== "" && threads.filter((thread) => thread.name === name).length === 1) {
    return `thread=${text(name)}`;
  }
  return threads.filter((thread) => thread.tid === tid).length === 1 ? `thread=${tid}` : both;
}

function oneOrMore(names: readonly string[]): string {
  return names.length === 1 ? text(names[0]) : `[${names.map(text).join(", ")}]`;
}

function ofTime({from, to}: TimeFilter): string {
  return `time=(${seconds(from)}, ${seconds(to)})`;
}

/** Nanoseconds as seconds, written so that none is lost. */
function seconds(ns: number): string {
  const size = Math.abs(ns);
  const rest = (size % 1e9).toString().padStart(9, "0").replace(/0+$/, "");
  return `${ns < 0 ? "-" : ""}${Math.floor(size / 1e9)}.${rest || "0"}`;
}

const SHORT: Readonly<Record<string, string>> = {"\t": "\\t", "\n": "\\n", "\r": "\\r", "\\": "\\\\"};

/** A string literal of Python: in double quotes if the text has none, else as `repr` quotes it. */
function text(value: string): string {
  const quote = value.includes('"') ? "'" : '"';
  let body = "";
  for (const character of value) {
    body += character === quote ? `\\${quote}` : (SHORT[character] ?? escaped(character));
  }
  return quote + body + quote;
}

/** What Python does not print: control and format characters, surrogates, spaces but the plain one. */
const UNPRINTABLE = /^[\p{C}\p{Z}]$/u;

function escaped(character: string): string {
  if (character === " " || !UNPRINTABLE.test(character)) {
    return character;
  }
  const code = character.codePointAt(0)!.toString(16);
  return code.length <= 2
    ? `\\x${code.padStart(2, "0")}`
    : code.length <= 4
      ? `\\u${code.padStart(4, "0")}`
      : `\\U${code.padStart(8, "0")}`;
}
