// Which nodes a pattern finds, and how much of the whole they are.
import type {CallTree} from "./calltree";
import type {Tables} from "./tables";

export interface SearchHit {
  readonly ok: true;
  /** 1 for a node whose own function matches. */
  readonly matched: Uint8Array;
  readonly count: number;
  /** Of the root's total; a match inside another match counts once. */
  readonly fraction: number;
}

export interface SearchError {
  readonly ok: false;
  readonly error: string;
}

export function search(tree: CallTree, tables: Tables, pattern: string): SearchHit | SearchError {
  let regex: RegExp;
  try {
    regex = new RegExp(pattern, "i");
  } catch (error) {
    return {ok: false, error: error instanceof Error ? error.message : String(error)};
  }
  const byFunction = matchingFunctions(tables, regex);
  const size = tree.parent.length;
  const matched = new Uint8Array(size);
  const covered = new Uint8Array(size);
  let count = 0;
  let sum = 0;
  for (let node = 0; node < size; node++) {
    const id = tree.function[node];
    if (id >= 0 && byFunction[id]) {
      matched[node] = 1;
      count++;
    }
    if (node > 0 && covered[tree.parent[node]]) {
      covered[node] = 1;
    } else if (matched[node]) {
      covered[node] = 1;
      sum += tree.total[node];
    }
  }
  const whole = tree.total[0];
  return {ok: true, matched, count, fraction: whole > 0 ? sum / whole : 0};
}

/** 1 for each function whose name, module or file has a match. */
export function matchingFunctions({strings, functions}: Tables, regex: RegExp): Uint8Array {
  const known = new Int8Array(strings.length).fill(-1);
  const test = (index: number): boolean => {
    if (known[index] < 0) {
      known[index] = regex.test(strings[index]) ? 1 : 0;
    }
    return known[index] === 1;
  };
  return Uint8Array.from(functions.name, (name, id) =>
    test(name) || test(functions.module[id]) || test(functions.file[id]) ? 1 : 0,
  );
}
