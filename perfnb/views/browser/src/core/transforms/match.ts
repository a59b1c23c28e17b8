// Which functions a filter means.
import type {PatternFilter} from "../filters";
import {matchingFunctions} from "../search";
import type {Tables} from "../tables";
import {FilterError} from "./error";

/** What comes before a module's own path in the well-known places. */
const LIBRARY_ROOT = /^[^\n]*\/(?:site-packages|dist-packages|lib\/python3\.\p{Nd}+t?(?:\/lib-dynload)?)\//u;

/** 1 for each function that the pattern, or the exact name, means. */
export function meant(tables: Tables, {pattern, exact, file}: PatternFilter): Uint8Array {
  if (exact) {
    return named(tables, pattern, file);
  }
  if (file !== undefined) {
    throw new FilterError(`the file ${file} without exact: a pattern is sought in files too`);
  }
  let regex: RegExp;
  try {
    regex = new RegExp(pattern, "i");
  } catch (error) {
    throw new FilterError(error instanceof Error ? error.message : String(error));
  }
  return matchingFunctions(tables, regex);
}

function named({strings, functions}: Tables, name: string, file: string | undefined): Uint8Array {
  return Uint8Array.from(functions.name, (text, id) => {
    const place = strings[functions.file[id]];
    const there = file === undefined || place === file || shortPath(place) === file;
    return strings[text] === name && there ? 1 : 0;
  });
}

/** The file below its library's root; else as it is. */
export function shortPath(file: string): string {
  return file.replace(LIBRARY_ROOT, "");
}

/** 1 for each function of the module, or of a module in it. */
export function inModule({strings, functions}: Tables, module: string): Uint8Array {
  const within = `${module}.`;
  return Uint8Array.from(functions.module, (text) =>
    strings[text] === module || strings[text].startsWith(within) ? 1 : 0,
  );
}

/** 1 for each stack that has a frame of such a function. */
export function stacksWith({frames, stacks}: Tables, functions: Uint8Array): Uint8Array {
  const {parent, frame} = stacks;
  const having = new Uint8Array(parent.length);
  for (let stack = 0; stack < parent.length; stack++) {
    having[stack] =
      functions[frames.function[frame[stack]]] | (parent[stack] < 0 ? 0 : having[parent[stack]]);
  }
  return having;
}
