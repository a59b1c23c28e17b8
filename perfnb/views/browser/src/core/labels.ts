// What a node is called.
import type {CallTree} from "./calltree";
import {isCellFile} from "./cells";
import {formatCount} from "./format";
import type {Tables, Thread} from "./tables";

export interface Label {
  readonly name: string;
  /** Written after the name in a dimmer tone where there is room; may be empty. */
  readonly detail: string;
}

const MODULE_BODY = "<module>";

export function nodeLabel(tables: Tables, tree: CallTree, node: number): Label {
  const id = tree.function[node];
  if (id < 0) {
    const thread = tree.thread[node];
    return {name: thread < 0 ? "all" : threadLabel(tables.threads, thread), detail: ""};
  }
  if (tree.hidden[node] > 0) {
    return {name: `… ${formatCount(tree.hidden[node])} more`, detail: "too narrow to be drawn"};
  }
  const name = tables.strings[tables.functions.name[id]];
  const file = tables.strings[tables.functions.file[id]];
  const module = tables.strings[tables.functions.module[id]];
  const line = tree.line[node];
  if (isCellFile(file)) {
    return {name: frameLabel(name, file, line), detail: ""};
  }
  return {name, detail: line > 0 ? `${module}:${line}` : module};
}

/** `In [5]:12 train` in a cell, the function's name elsewhere; line 0 is none. */
export function frameLabel(name: string, file: string, line: number): string {
  if (!isCellFile(file)) {
    return name;
  }
  const place = line > 0 ? `${file}:${line}` : file;
  return name === MODULE_BODY ? place : `${place} ${name}`;
}

/** A file and line as an editor takes them; empty for nodes without a file. */
export function nodePlace(tables: Tables, tree: CallTree, node: number): string {
  const id = tree.function[node];
  const file = id < 0 ? "" : tables.strings[tables.functions.file[id]];
  return file !== "" && tree.line[node] > 0 ? `${file}:${tree.line[node]}` : file;
}

/** The thread's name, with whatever tells it from its namesakes. */
export function threadLabel(threads: readonly Thread[], index: number): string {
  const thread = threads[index];
  const name = thread.name || `thread ${thread.tid}`;
  const parts = [name];
  if (threads.some((other, at) => at !== index && other.name === thread.name && other.pid === thread.pid)) {
    parts.push(`tid ${thread.tid}`);
  }
  if (threads.some((other) => other.pid !== thread.pid)) {
    parts.push(`${thread.process || "process"} ${thread.pid}`);
  }
  if (threads.some((other) => other.host !== thread.host)) {
    parts.push(thread.host);
  }
  return parts.join(" · ");
}
