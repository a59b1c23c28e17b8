// One subtree of the call tree, named by its path from the root.
import type {SubtreeFilter} from "../filters";
import {frameLabel} from "../labels";
import {isCellFile} from "../cells";
import type {Tables} from "../tables";
import {DROPPED, replaced, restack} from "./restack";

export function subtree(tables: Tables, {path, inverted}: SubtreeFilter): Tables {
  if (path.length === 0) {
    return tables;
  }
  return inverted ? upTo(tables, path) : below(tables, path);
}

/** Stacks that begin with the path; its last frame becomes their root. */
function below(tables: Tables, path: readonly string[]): Tables {
  const {parent, frame} = tables.stacks;
  const entries = path.map((entry) => framesCalled(tables, entry));
  // How many entries of the path each stack is; −1: it has left the path.
  const along = new Int32Array(parent.length);
  return restack(
    tables,
    (above, stack, push) => {
      const before = parent[stack] < 0 ? 0 : along[parent[stack]];
      if (before < 0 || (before < path.length && entries[before][frame[stack]] === 0)) {
        along[stack] = -1;
        return DROPPED;
      }
      along[stack] = Math.min(before + 1, path.length);
      return along[stack] < path.length ? DROPPED : push(before < path.length ? -1 : above, frame[stack]);
    },
    DROPPED,
  );
}

/** The same of stacks that are read from the leaf: the path's last frame becomes their leaf. */
function upTo(tables: Tables, path: readonly string[]): Tables {
  const {parent, frame} = tables.stacks;
  const entries = path.map((entry) => framesCalled(tables, entry));
  const place = new Int32Array(parent.length);
  for (let stack = 0; stack < parent.length; stack++) {
    let [at, last] = [stack, DROPPED];
    for (const entry of entries) {
      if (at < 0 || entry[frame[at]] === 0) {
        last = DROPPED;
        break;
      }
      [last, at] = [at, parent[at]];
    }
    place[stack] = last;
  }
  return replaced(tables, tables.stacks, place, DROPPED);
}

/** 1 for each frame that an entry of a path means: its label, with its line or without. */
function framesCalled(tables: Tables, entry: string): Uint8Array {
  const {strings, functions, frames} = tables;
  return Uint8Array.from(frames.function, (id, frame) => {
    const line = frames.line[frame];
    const file = strings[functions.file[id]];
    const name = strings[functions.name[id]];
    const meant =
      frameLabel(name, file, 0) === entry ||
      (line > 0 && (isCellFile(file) ? frameLabel(name, file, line) : `${name}:${line}`) === entry);
    return meant ? 1 : 0;
  });
}
