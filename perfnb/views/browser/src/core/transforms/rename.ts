// Other functions in the place of some: packages, modules and files as single frames.
import type {ByFilter} from "../filters";
import {PairMap} from "../pairmap";
import {waitFunctions} from "../reasons";
import type {Tables} from "../tables";
import {restack} from "./restack";

interface Identity {
  readonly name: string;
  readonly file: string;
  readonly module: string;
}

/** Each frame becomes its file or its module; what then calls itself is one frame. */
export function groupBy(tables: Tables, {what}: ByFilter): Tables {
  const changed = withFunctions(tables, tables.functions.name.map(() => 1), ({name, file, module}) =>
    what === "module"
      ? {name: module || file || name, file: "", module}
      : {name: file || module || name, file, module: ""},
  );
  const {function: ids} = changed.tables.frames;
  const {frame} = tables.stacks;
  const leaf = new Int32Array(frame.length);
  return restack(changed.tables, (above, stack, push) => {
    const to = changed.ofFrame[frame[stack]];
    if (above >= 0 && leaf[above] === ids[to]) {
      return above;
    }
    const row = push(above, to);
    leaf[row] = ids[to];
    return row;
  });
}

/** Each run of frames that are not the user's own becomes one, called after its first package. */
export function onlyMine(tables: Tables): Tables {
  // What was waited for belongs to no package, and stays.
  const waits = waitFunctions(tables);
  const mine = tables.functions.mine.map((flag, id) => flag | waits[id]);
  const changed = withFunctions(
    tables,
    mine.map((flag) => 1 - flag),
    ({name, file, module}) => {
      const top = module.split(".", 1)[0];
      return {name: bracketed(top || file || name), file: "", module: top};
    },
  );
  const {function: ids} = tables.frames;
  const {frame} = tables.stacks;
  const isRun = new Uint8Array(frame.length);
  return restack(changed.tables, (above, stack, push) => {
    const own = mine[ids[frame[stack]]];
    if (!own && above >= 0 && isRun[above]) {
      return above;
    }
    const row = push(above, changed.ofFrame[frame[stack]]);
    isRun[row] = 1 - own;
    return row;
  });
}

/** Done twice it is the same. */
function bracketed(text: string): string {
  return text.startsWith("[") && text.endsWith("]") ? text : `[${text}]`;
}

/**
 * Tables with what `change` makes of the chosen functions behind the others, so that those keep
 * their places, and for each frame the one that it becomes: of line 0, or itself.
 */
function withFunctions(
  tables: Tables,
  chosen: ArrayLike<number>,
  change: (function_: Identity) => Identity,
): {tables: Tables; ofFrame: Int32Array} {
  const {functions, frames} = tables;
  const strings = new Names(tables.strings);
  const rows = new Map<string, number>();
  const columns = {
    name: Array.from(functions.name),
    file: Array.from(functions.file),
    module: Array.from(functions.module),
    kind: Array.from(functions.kind),
    mine: Array.from(functions.mine),
  };
  const key = (row: number): string =>
    `${columns.name[row]} ${columns.file[row]} ${columns.module[row]} ${columns.kind[row]}`;
  const size = functions.name.length;
  for (let id = 0; id < size; id++) {
    rows.set(key(id), id);
  }
  const ofFunction = new Int32Array(size).fill(-1);
  for (let id = 0; id < size; id++) {
    if (chosen[id]) {
      const {name, file, module} = change({
        name: tables.strings[functions.name[id]],
        file: tables.strings[functions.file[id]],
        module: tables.strings[functions.module[id]],
      });
      const row = columns.name.length;
      columns.name.push(strings.index(name));
      columns.file.push(strings.index(file));
      columns.module.push(strings.index(module));
      columns.kind.push(functions.kind[id]);
      // Whose a function is, its file tells.
      columns.mine.push(file === "" ? 0 : functions.mine[id]);
      const known = rows.get(key(row));
      if (known === undefined) {
        rows.set(key(row), row);
      } else {
        Object.values(columns).forEach((column) => column.pop());
      }
      ofFunction[id] = known ?? row;
    }
  }
  const pairs = new PairMap(frames.line.length);
  for (let frame = 0; frame < frames.line.length; frame++) {
    pairs.index(frames.function[frame], frames.line[frame]);
  }
  const ofFrame = frames.function.map((id, frame) =>
    ofFunction[id] < 0 ? frame : pairs.index(ofFunction[id], 0),
  );
  return {
    tables: {
      ...tables,
      strings: strings.all,
      functions: {
        name: Int32Array.from(columns.name),
        file: Int32Array.from(columns.file),
        module: Int32Array.from(columns.module),
        kind: Uint8Array.from(columns.kind),
        mine: Uint8Array.from(columns.mine),
      },
      frames: {function: pairs.firsts().slice(), line: pairs.seconds().slice()},
    },
    ofFrame,
  };
}

class Names {
  readonly all: string[];
  private readonly places = new Map<string, number>();

  constructor(strings: readonly string[]) {
    this.all = [...strings];
    for (let at = strings.length - 1; at >= 0; at--) {
      this.places.set(strings[at], at);
    }
  }

  index(text: string): number {
    let place = this.places.get(text);
    if (place === undefined) {
      place = this.all.push(text) - 1;
      this.places.set(text, place);
    }
    return place;
  }
}
