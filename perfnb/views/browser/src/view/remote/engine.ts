// The engine over a kernel: everything is asked for, and what is too narrow stays there until the
// reader comes closer.
import type {CallTree} from "../../core/calltree";
import type {FunctionTable} from "../../core/functions";
import type {Layout} from "../../core/layout";
import type {Tables} from "../../core/tables";
import type {Lanes} from "../../core/timeline";
import type {ChartAnswer, Engine, FunctionRef, Query, SourceAnswer, Watcher} from "../engine";
import {Scene} from "../scene";
import {Columns} from "./columns";
import {Names} from "./names";
import type {Buffers, Message, Transport} from "./transport";

/** What can be zoomed into: a row of the kernel's tree, or a box of narrow ones. */
type Place = number | readonly [node: number, low: number, high: number];

/** What a scene shows of the kernel's tree. */
interface Origin {
  /** Rows of the tree; −1 less a rest's number. */
  readonly id: Int32Array;
  /** Three numbers each. */
  readonly rests: Int32Array;
  readonly opened: readonly Place[];
}

type Done = (message: Message, columns: Columns) => void;

const LEAST_PIXELS = 400;

export class RemoteEngine implements Engine {
  private readonly names: Names;
  private readonly origins = new WeakMap<CallTree, Origin>();
  /** The newest question of each kind: older answers are void. */
  private readonly waiting = new Map<string, {readonly id: number; readonly done: Done}>();
  private readonly leave: () => void;
  private questions = 0;
  private watcher: Watcher | null = null;

  constructor(
    tables: Tables,
    private readonly transport: Transport,
    /** How wide the view is, for the kernel to know what can be seen. */
    private readonly pixels: () => number = () => globalThis.screen.width,
  ) {
    this.names = new Names(tables);
    this.leave = transport.onMessage((message, buffers) => this.receive(message, buffers));
  }

  get tables(): Tables {
    return this.names.tables;
  }

  watch(watcher: Watcher): void {
    this.watcher = watcher;
  }

  dispose(): void {
    this.watcher = null;
    this.waiting.clear();
    this.leave();
  }

  tree(query: Query, done: (scene: Scene) => void): void {
    this.ask("tree", {query}, (message, columns) => done(this.scene(query, message, columns)));
  }

  closer(query: Query, scene: Scene, node: number, done: (scene: Scene) => void): void {
    const origin = this.origins.get(scene.tree);
    if (origin === undefined || scene.complete) {
      done(scene);
      return;
    }
    const opened = [...origin.opened, placeOf(origin, node)];
    // A tree too: whichever is asked for last is the one to be shown.
    this.ask("tree", {query, opened}, (message, columns) => done(this.scene(query, message, columns)));
  }

  functions(query: Query, done: (table: FunctionTable) => void): void {
    this.ask("functions", {query}, ({whole}, columns) =>
      done({tables: this.tables, ids: columns.i4("ids"), ...sums(columns), whole: Number(whole)}),
    );
  }

  lanes(query: Query, bins: number, done: (lanes: Lanes) => void): void {
    const answered: Done = (message, columns) => {
      const {from, to, threads, states, unit} = message as unknown as Omit<Lanes, "counts">;
      done({from, to, bins, threads, states, unit, counts: columns.f8("counts")});
    };
    // The flame chart asks for one bin, the timeline for many: neither makes the other void.
    this.ask("lanes", {query, bins}, answered, bins === 1 ? "extent" : "lanes");
  }

  chart(query: Query, thread: number, from: number, to: number, done: (chart: ChartAnswer) => void): void {
    this.ask("chart", {query, thread, from, to}, (message, columns) => {
      const refusal = String(message["refusal"] ?? "");
      done({tables: this.tables, tree: columns.tree(), boxes: boxesOf(columns, to), states: null, from, to, refusal});
    });
  }

  sandwich(query: Query, ref: FunctionRef, done: (callers: Scene, callees: Scene) => void): void {
    const options = {merge: query.merge, inverted: false, splitThreads: false};
    this.ask("sandwich", {query, ref}, (_, columns) => {
      // Complete, as far as these go: there is no closer look at them.
      const half = (which: string): Scene =>
        Scene.from(this.tables, columns.tree(`${which}.`), options, true).named(`${which} of ${ref.name}`, which === "callers");
      done(half("callers"), half("callees"));
    });
  }

  source(query: Query, ref: FunctionRef, done: (source: SourceAnswer) => void): void {
    this.ask("source", {query, ref}, (message, columns) => {
      const file = String(message["file"]);
      const text = columns.text("text");
      const lines = columns.i4("lines");
      const functions = lines.length === 0 ? [] : columns.text("functions").split("\n");
      done({
        file,
        note: String(message["note"]),
        whole: Number(message["whole"]),
        self: Number(message["self"]),
        total: Number(message["total"]),
        chunks: text === "" ? [] : [{first: 1, lines: text.split("\n")}],
        lines: {file, lines, functions, ...sums(columns)},
      });
    });
  }

  private scene(query: Query, message: Message, columns: Columns): Scene {
    const tree = columns.tree();
    const opened = message["opened"] as readonly Place[];
    this.origins.set(tree, {id: columns.i4("id"), rests: columns.i4("rests"), opened});
    return Scene.from(this.tables, tree, query, message["complete"] === true);
  }

  private ask(what: string, about: object, done: Done, kind = what): void {
    const id = ++this.questions;
    this.waiting.set(kind, {id, done});
    const pixels = Math.max(LEAST_PIXELS, Math.round(this.pixels()));
    this.transport.send({type: "ask", id, what, kind, known: this.names.known, pixels, ...about});
  }

  private receive(message: Message, buffers: Buffers): void {
    const kind = [...this.waiting.keys()].find((name) => this.waiting.get(name)!.id === message.id);
    switch (message.type) {
      case "answer": {
        const columns = new Columns(message, buffers);
        // Even those of void answers.
        this.names.learn(message, columns);
        if (kind !== undefined) {
          const {done} = this.waiting.get(kind)!;
          this.end(kind);
          done(message, columns);
        }
        break;
      }
      case "error":
        if (kind !== undefined) {
          this.end(kind);
          const [text, hint] = [String(message["message"]), String(message["hint"] ?? "")];
          this.watcher?.trouble(hint === "" ? text : `${text}: ${hint}`);
        }
        break;
      case "progress":
        if (kind !== undefined) {
          this.watcher?.progress(Number(message["fraction"]), String(message["text"]));
        }
        break;
    }
  }

  private end(kind: string): void {
    this.waiting.delete(kind);
    if (this.waiting.size === 0) {
      this.watcher?.progress(null, "");
    }
  }
}

function placeOf({id, rests}: Origin, node: number): Place {
  const at = 3 * (-1 - id[node]);
  return id[node] >= 0 ? id[node] : [rests[at], rests[at + 1], rests[at + 2]];
}

function sums(columns: Columns): Pick<FunctionTable, "self" | "total" | "selfSamples" | "totalSamples"> {
  return {
    self: columns.f8("self"),
    total: columns.f8("total"),
    selfSamples: columns.f8("selfSamples"),
    totalSamples: columns.f8("totalSamples"),
  };
}

/** Boxes stand where they did in time, not one after the other. */
function boxesOf(columns: Columns, extent: number): Layout {
  const depth = columns.i4("depth");
  const rows: number[] = [];
  depth.forEach((row, node) => {
    if (row === rows.length) {
      rows.push(node);
    }
  });
  rows.push(depth.length);
  return {depth, x: columns.f8("x"), width: columns.f8("width"), rows: Int32Array.from(rows), extent};
}
