// The functions that the kernel has spoken of so far: their numbers never change.
import type {Tables} from "../../core/tables";
import type {Columns} from "./columns";
import type {Message} from "./transport";

/** Name, file, module, kind, and whether it is the user's own. */
type Row = readonly [string, string, string, number, number];

export class Names {
  private strings: Map<string, number> | null = null;

  constructor(public tables: Tables) {}

  get known(): number {
    return this.tables.functions.name.length;
  }

  /** Takes in the functions that an answer is the first to speak of. */
  learn({first}: Message, columns: Columns): void {
    if (!columns.has("names")) {
      return;
    }
    // Two answers on their way may bring the same ones.
    const rows = (JSON.parse(columns.text("names")) as Row[]).slice(this.known - Number(first));
    if (rows.length === 0) {
      return;
    }
    const known = (this.strings ??= new Map(this.tables.strings.map((text, at) => [text, at])));
    const strings = [...this.tables.strings];
    const intern = (text: string): number => {
      let at = known.get(text);
      if (at === undefined) {
        at = strings.push(text) - 1;
        known.set(text, at);
      }
      return at;
    };
    const {functions} = this.tables;
    const more = (column: Int32Array, part: 0 | 1 | 2): Int32Array =>
      Int32Array.from([...column, ...rows.map((row) => intern(row[part]))]);
    const flags = (column: Uint8Array, part: 3 | 4): Uint8Array =>
      Uint8Array.from([...column, ...rows.map((row) => row[part])]);
    this.tables = {
      ...this.tables,
      strings,
      functions: {
        name: more(functions.name, 0),
        file: more(functions.file, 1),
        module: more(functions.module, 2),
        kind: flags(functions.kind, 3),
        mine: flags(functions.mine, 4),
      },
    };
  }
}
