// What samples waited for: frames of kind "wait" at the end of their stacks.
import type {Tables} from "./tables";

const WAIT = "wait";

/** What does not depend on which samples are chosen is found once. */
const KNOWN = new WeakMap<Tables["stacks"], Int32Array>();

/**
 * For each stack the function that says what it waits for, or −1 where it ends in code. It is the
 * outermost of the wait frames that it ends in: what stands below it tells more, such as who held
 * the lock.
 */
export function reasonsOf(tables: Tables): Int32Array {
  const {stacks, frames} = tables;
  let found = KNOWN.get(stacks);
  if (found === undefined) {
    const waits = waitFunctions(tables);
    found = new Int32Array(stacks.parent.length).fill(-1);
    for (let stack = 0; stack < found.length; stack++) {
      const id = frames.function[stacks.frame[stack]];
      if (waits[id]) {
        const above = stacks.parent[stack];
        found[stack] = above >= 0 && found[above] >= 0 ? found[above] : id;
      }
    }
    KNOWN.set(stacks, found);
  }
  return found;
}

/** 1 for each function that stands for waiting. */
export function waitFunctions({kinds, functions}: Tables): Uint8Array {
  const wait = kinds.indexOf(WAIT);
  return Uint8Array.from(functions.kind, (kind) => (kind === wait ? 1 : 0));
}

/** The names of all that may be waited for; where the stacks are elsewhere, of all wait frames. */
export function reasonNames(tables: Tables): string[] {
  const {strings, functions, stacks} = tables;
  const elsewhere = stacks.parent.length === 0;
  const waits = waitFunctions(tables);
  const ids = elsewhere ? Array.from(waits.keys()).filter((id) => waits[id]) : [...new Set(reasonsOf(tables))];
  const names = ids.filter((id) => id >= 0).map((id) => strings[functions.name[id]]);
  // What says who held a lock has no brackets, and is no reason of its own.
  return [...new Set(elsewhere ? names.filter((name) => name.startsWith("[")) : names)].sort();
}
