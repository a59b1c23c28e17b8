// What stands beside the view in the middle: the timeline above it, the table of functions next to
// it, the table of threads below.
import type {Lanes} from "../core/timeline";
import {element} from "./dom";
import {find, withFilter, withoutKind} from "./edits";
import type {FunctionRef} from "./engine";
import type {Shell} from "./main/shell";
import {queryOf, rowsOf} from "./settings";
import {TableView} from "./table/view";
import {ThreadsView} from "./threads/view";
import {TimelineView} from "./timeline/view";

export class Beside {
  readonly timeline: TimelineView;
  readonly table: TableView;
  readonly threads: ThreadsView;
  readonly side: HTMLElement;
  private bins = 0;
  private lanes: {readonly asked: string; readonly lanes: Lanes} | null = null;

  constructor(
    private readonly shell: Shell,
    /** Does what may fail, and tells why it did. */
    private readonly attempt: (act: () => void) => void,
    menu: (ref: FunctionRef, anchor: Element) => void,
  ) {
    this.timeline = new TimelineView(
      {
        needs: (bins) => this.needBins(bins),
        brush: (range) => this.brush(range),
        lane: (thread) => this.toggleThread(thread),
      },
      shell.tip,
    );
    this.table = new TableView(
      {
        select: (ref) => shell.choose(ref),
        open: (ref) => shell.change({chosen: ref, view: "sandwich"}),
        menu,
      },
      shell.tip,
    );
    this.threads = new ThreadsView((thread) => this.toggleThread(thread), (text) => shell.say(text));
    this.side = element("div", {class: "side"}, this.table.el);
  }

  /** Of another profile. */
  open(): void {
    this.lanes = null;
  }

  dispose(): void {
    this.timeline.dispose();
    this.table.dispose();
    this.threads.dispose();
  }

  showTable(): void {
    const {settings, engine, dress} = this.shell;
    const rows = rowsOf(settings, engine?.tables ?? null);
    if (engine !== null && rows === "threads") {
      this.threads.show({tables: engine.tables, chosen: this.chosenThread, theme: dress.theme});
    } else if (engine !== null && rows === "functions") {
      engine.functions(queryOf(settings), (table) => {
        const {counted, meta} = engine.tables;
        this.table.show(table, {theme: dress.theme, counted, noun: meta.noun, pattern: settings.pattern});
        this.table.mark(settings.chosen);
      });
    }
  }

  /** Brushing changes what is shaded, not what the lanes show: they are asked for once. */
  showTimeline(): void {
    const {bins} = this;
    const {settings, engine} = this.shell;
    if (engine === null || bins === 0) {
      return;
    }
    const filters = settings.filters.filter(({kind}) => kind !== "thread" && kind !== "time");
    const asked = JSON.stringify([filters, bins]);
    if (this.lanes?.asked === asked) {
      this.showLanes(this.lanes.lanes);
    } else {
      engine.lanes(queryOf({...settings, filters}), bins, (lanes) => {
        this.lanes = {asked, lanes};
        this.showLanes(lanes);
      });
    }
  }

  private showLanes(lanes: Lanes): void {
    const {settings, engine, dress} = this.shell;
    const {tables} = engine!;
    const time = find(settings.filters, "time");
    const chosen = this.chosenThread;
    this.timeline.show({
      lanes,
      tables,
      range: time === undefined ? null : [time.from, time.to],
      chosen: chosen < 0 ? null : chosen,
      theme: dress.theme,
    });
  }

  /** The row of the thread that alone is looked at, or −1. */
  private get chosenThread(): number {
    const {settings, engine} = this.shell;
    const one = find(settings.filters, "thread");
    return engine!.tables.threads.findIndex(({tid, pid}) => tid === one?.tid && pid === one.pid);
  }

  private needBins(bins: number): void {
    if (bins !== this.bins) {
      this.bins = bins;
      this.attempt(() => this.showTimeline());
    }
  }

  private brush(range: readonly [number, number] | null): void {
    const {filters} = this.shell.settings;
    if (range === null) {
      this.shell.change({filters: withoutKind(filters, "time")});
    } else {
      const [from, to] = range.map(Math.round);
      this.shell.change({filters: withFilter(filters, {kind: "time", from, to})});
    }
  }

  private toggleThread(thread: number): void {
    const {settings, engine} = this.shell;
    const {filters} = settings;
    const {tid, pid} = engine!.tables.threads[thread];
    const one = find(filters, "thread");
    const same = one?.tid === tid && one.pid === pid;
    this.shell.change({filters: same ? withoutKind(filters, "thread") : withFilter(filters, {kind: "thread", tid, pid})});
  }
}
