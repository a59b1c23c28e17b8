// The profile as one element: controls, filters, timeline, the view in the middle, the table beside
// it, legend and footer, and what passes between them. It knows nothing of Bokeh: the settings come
// in, and the reader's changes go out.
import {Beside} from "./beside";
import {Chips} from "./chips";
import {element} from "./dom";
import {Dress} from "./dress";
import type {Engine, FunctionRef} from "./engine";
import {Footer} from "./footer";
import {frameActions, functionActions} from "./framemenu";
import {History} from "./history";
import {Legend} from "./legend";
import type {MainView, Shell} from "./main/shell";
import {Views} from "./main/views";
import {Popup} from "./popup";
import {NOTHING_PAINTED, type Probe} from "./probe";
import type {Scene} from "./scene";
import {rowsOf, type Change, type Settings, type TableRows} from "./settings";
import {watchTheme} from "./theme";
import {Tip} from "./tip";
import {Toolbar} from "./toolbar";

export interface PanelActions {
  change: Change;
  /** The names on the way to the zoomed frame, the root left out. */
  focused(path: string[]): void;
  painted(milliseconds: number): void;
  /** The profile cannot be shown, and the reader sees why. */
  failed(message: string): void;
}

const NUMBERS = ["filters", "merge", "inverted", "splitThreads"] as const;
const LOOKS = ["orientation", "frameHeight", "maxRowsHeight", "theme", "colorBy"] as const;

let panels = 0;

export class Panel implements Shell {
  readonly el = element("div", {class: "root"});
  readonly tip = new Tip();
  readonly dress = new Dress(this.el);
  engine: Engine | null = null;
  private readonly stopped = new AbortController();
  private readonly id = `perfnb-${++panels}`;
  private readonly title = element("div", {class: "title", hidden: true});
  private readonly live = element("div", {class: "live", "aria-live": "polite"});
  private readonly message = element("div", {class: "message", role: "status"}, "Reading the profile…");
  /** Some functions are only in boxes that were summed before the profile was stored. */
  private readonly partial = element(
    "div",
    {class: "partial", role: "note", hidden: true},
    "Boxes too narrow to be stored are not in the numbers of single functions and lines: they may be larger. perfnb.explore(profile) has all.",
  );
  private readonly progress = element("div", {class: "progress", role: "status", hidden: true});
  private readonly middle = element("div", {class: "middle", role: "tabpanel", id: this.id, "aria-label": "View"});
  private readonly beside = new Beside(
    this,
    (act) => this.attempt(act),
    (ref, anchor) => this.menuOf(ref, anchor),
  );
  private readonly body = element("div", {class: "body"}, this.middle, this.beside.side);
  private readonly views = new Views(this, this.middle);
  private readonly toolbar: Toolbar;
  private readonly chips = new Chips((patch) => this.change(patch), (text) => this.say(text));
  private readonly legend = new Legend();
  private readonly footer = new Footer(this.tip);
  private readonly popup = new Popup();
  private readonly history = new History();
  private readonly observer = new ResizeObserver(() => this.measured());
  /** What has to ask for its numbers anew when it is next seen. */
  private readonly stale = new Set<"timeline" | "table">();
  private failure: string | null = null;
  private trouble = "";

  constructor(
    public settings: Settings,
    private readonly actions: PanelActions,
  ) {
    this.toolbar = new Toolbar(
      {
        change: (patch) => this.change(patch),
        search: (pattern) => actions.change({pattern}),
        step: (direction) => this.goToMatch(direction),
        leave: () => this.main.panes[0]?.focusCanvas(),
        reset: () => this.reset(),
        undo: () => this.undo(),
        redo: () => this.redo(),
      },
      this.tip,
      this.id,
    );
    this.el.append(
      this.title,
      this.toolbar.views,
      this.toolbar.el,
      this.toolbar.filters.el,
      this.chips.el,
      this.beside.timeline.el,
      this.message,
      this.progress,
      this.body,
      this.partial,
      this.legend.el,
      this.beside.threads.el,
      this.footer.el,
      this.live,
      this.tip.el,
      this.popup.el,
    );
    this.el.addEventListener("keydown", (event) => this.onKey(event));
    this.observer.observe(this.message);
    this.observer.observe(this.middle);
    watchTheme(() => this.redress(), this.stopped.signal);
    this.dress.choose(settings.theme);
    this.decorate();
  }

  open(engine: Engine): void {
    this.el.classList.remove("failed");
    this.failure = null;
    this.engine?.dispose?.();
    this.engine = engine;
    engine.watch?.({
      trouble: (message) => this.showTrouble(message),
      progress: (fraction, text) => this.showProgress(fraction, text),
    });
    this.message.hidden = true;
    this.beside.open();
    this.dress.choose(this.settings.theme);
    this.requery();
  }

  /** In place of a profile that cannot be shown. */
  fail(message: string): void {
    this.el.classList.add("failed");
    this.failure = message;
    this.message.hidden = false;
    this.message.textContent = message;
    this.message.setAttribute("role", "alert");
  }

  update(settings: Settings): void {
    const old = this.settings;
    this.settings = settings;
    const changed = (name: keyof Settings): boolean => old[name] !== settings[name];
    if (changed("theme")) {
      this.dress.choose(settings.theme);
    }
    if (changed("pattern")) {
      this.views.outdate(settings.view);
    }
    if (changed("tableRows")) {
      this.stale.add("table");
    }
    if (NUMBERS.some(changed)) {
      this.requery();
    } else if (changed("view") || changed("table") || changed("tableRows") || changed("timeline")) {
      this.refresh();
    }
    if (changed("pattern")) {
      this.main.research();
      this.shown();
      this.attempt(() => this.beside.showTable());
    }
    if (changed("chosen") || (changed("view") && settings.chosen !== null)) {
      this.attempt(() => this.main.light());
      this.beside.table.mark(settings.chosen);
    }
    if (LOOKS.some(changed)) {
      this.redress();
    }
    this.decorate();
  }

  dispose(): void {
    this.stopped.abort();
    this.engine?.dispose?.();
    this.observer.disconnect();
    this.popup.close(false);
    this.views.dispose();
    this.beside.dispose();
    this.toolbar.search.dispose();
    this.tip.hide();
    this.el.remove();
  }

  probe(): Probe & {views: object} {
    const {panes} = this.main;
    const views = {
      timeline: this.settings.timeline ? this.beside.timeline.probe() : null,
      table: this.rows === "functions" ? this.beside.table.probe() : null,
      threads: this.rows === "threads" ? this.beside.threads.probe() : null,
      source: this.settings.view === "source" ? (this.views.source?.view.probe() ?? null) : null,
      panes: panes.map((pane) => pane.probe()),
      filters: this.settings.filters,
    };
    return {...(panes[0]?.probe() ?? NOTHING_PAINTED), theme: this.dress.theme, views};
  }

  // What views ask of the component around them.

  change(patch: Partial<Settings>): void {
    this.history.note(this.settings, patch, performance.now());
    this.actions.change(patch);
  }

  choose(chosen: FunctionRef | null): void {
    this.actions.change({chosen});
  }

  say(text: string): void {
    this.live.textContent = text;
  }

  search(): void {
    this.toolbar.search.focus();
  }

  menu(scene: Scene, node: number, x: number, y: number): void {
    const pane = this.main.panes.find((each) => each.scene === scene);
    const actions = frameActions(this, scene, node, () => pane?.zoomTo(node));
    this.popup.open(scene.label(node).name, actions, x, y);
  }

  moved(): void {
    this.dressToolbar();
  }

  shown(): void {
    this.chips.show(this.settings, this.engine?.tables ?? null, this.trouble);
    this.dressToolbar();
    const [pane] = this.main.panes;
    if (pane?.scene && pane.drawing.palette !== null) {
      this.legend.show(pane.scene, this.settings.colorBy, this.dress.theme, pane.drawing.palette);
    }
    this.legend.el.hidden = pane === undefined;
    const {view} = this.settings;
    const single = this.rows === "functions" || view === "sandwich" || view === "source";
    this.partial.hidden = !single || (this.engine?.tables.stacks.hidden ?? null) === null;
    this.keepFocus();
  }

  focused(path: string[]): void {
    this.actions.focused(path);
  }

  painted(milliseconds: number): void {
    this.actions.painted(milliseconds);
  }

  resized(): void {
    this.dress.reground();
  }

  // What is shown.

  private get main(): MainView {
    return this.views.get(this.settings.view);
  }

  private get rows(): TableRows | null {
    return rowsOf(this.settings, this.engine?.tables ?? null);
  }

  private get hasTimes(): boolean {
    const {samples, meta} = this.engine?.tables ?? {};
    // Where the samples are elsewhere, an end is told only if there are times.
    return samples !== undefined && (samples.time !== null || (samples.weight.length === 0 && meta?.end != null));
  }

  private requery(): void {
    this.views.outdate();
    this.stale.add("timeline").add("table");
    this.refresh();
  }

  /** Lets what is in view ask for its numbers, if they are old. */
  private refresh(): void {
    if (this.engine === null) {
      return;
    }
    const {view, timeline, table} = this.settings;
    this.beside.timeline.el.hidden = !timeline || !this.hasTimes;
    this.beside.side.hidden = this.rows !== "functions";
    // Below, as threads have more numbers than there is room for beside another view.
    this.beside.threads.el.hidden = this.rows !== "threads";
    this.body.classList.toggle("with-side", this.rows === "functions");
    this.showTrouble("");
    this.attempt(() => {
      this.views.show(view);
      if (table && this.stale.delete("table")) {
        this.beside.showTable();
      }
      if (timeline && this.hasTimes && this.stale.delete("timeline")) {
        this.beside.showTimeline();
      }
    });
    this.shown();
  }

  /**
   * What cannot be answered, such as a filter by what the profile does not have, is told: what was
   * shown stays, until it can be asked for.
   */
  private attempt(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.showTrouble(error instanceof Error ? error.message : String(error));
    }
  }

  private showTrouble(message: string): void {
    if (message !== this.trouble) {
      this.trouble = message;
      this.chips.show(this.settings, this.engine?.tables ?? null, message);
    }
  }

  /** Where what has the keyboard goes out of sight, it goes on to what is shown instead. */
  private keepFocus(): void {
    const active = (this.el.getRootNode() as Document | ShadowRoot).activeElement;
    const isSeen = (el: Element): boolean => el.getClientRects().length > 0;
    if (active !== null && this.el.contains(active) && !isSeen(active)) {
      const shown = this.middle.querySelectorAll<HTMLElement>("canvas, [role=grid]");
      const tabs = this.toolbar.views.querySelectorAll<HTMLElement>("[aria-selected=true]");
      [...shown, ...tabs].find(isSeen)?.focus({preventScroll: true});
    }
  }

  /** How far a kernel is with what takes long; null when it is done. */
  private showProgress(fraction: number | null, text: string): void {
    this.progress.hidden = fraction === null;
    this.progress.textContent = text;
    this.progress.style.setProperty("--part", `${Math.round((fraction ?? 0) * 100)}%`);
  }

  private redress(): void {
    this.dress.choose(this.settings.theme);
    if (this.engine !== null) {
      this.views.outdate(this.settings.view);
      this.main.redress();
      this.stale.add("timeline").add("table");
      this.refresh();
    }
  }

  /** Everything around the views, from the settings. */
  private decorate(): void {
    const {settings} = this;
    this.title.hidden = settings.title === "";
    this.title.textContent = settings.title;
    this.footer.show(settings.summary, settings.honesty);
    this.chips.show(settings, this.engine?.tables ?? null, this.trouble);
    this.dressToolbar();
  }

  private dressToolbar(): void {
    const {settings, history} = this;
    const [pane] = this.views.known(settings.view)?.panes ?? [];
    const {scene = null, match = -1, zoomed = false} = pane?.at ?? {};
    const tables = this.engine?.tables ?? null;
    const {canUndo, canRedo} = history;
    this.toolbar.show({tables, settings, hasTimes: this.hasTimes, zoomed, canUndo, canRedo});
    const hit = scene?.hit ?? null;
    const found = hit?.fraction ?? null;
    this.toolbar.search.show(settings.pattern, found, hit?.count ?? 0, match, scene?.searchError ?? null);
  }

  // What the reader does.

  private measured(): void {
    this.dress.reground();
    if (this.failure !== null && this.message.clientWidth > 0) {
      this.actions.failed(this.failure);
    } else if (this.engine !== null && this.main.panes.length === 0 && this.middle.clientWidth > 0) {
      // A text is not painted: it is there.
      this.actions.painted(0);
    }
  }

  private goToMatch(direction: 1 | -1): void {
    const found = this.main.panes.some((pane) => pane.goToMatch(direction));
    if (!found) {
      this.say("No match");
    }
    this.dressToolbar();
  }

  private reset(): void {
    for (const pane of this.main.panes) {
      pane.reset();
    }
  }

  private undo(): void {
    const step = this.history.undo(this.settings);
    if (step !== null) {
      this.actions.change(step);
    }
  }

  private redo(): void {
    const step = this.history.redo(this.settings);
    if (step !== null) {
      this.actions.change(step);
    }
  }

  private menuOf(ref: FunctionRef, anchor: Element): void {
    const {left, bottom} = anchor.getBoundingClientRect();
    this.popup.open(ref.name, functionActions(this, ref), left, bottom);
  }

  private onKey(event: KeyboardEvent): void {
    const editing = event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement;
    if (!(event.ctrlKey || event.metaKey) || editing || event.key.toLowerCase() !== "z") {
      return;
    }
    if (event.shiftKey) {
      this.redo();
    } else {
      this.undo();
    }
    event.preventDefault();
    event.stopPropagation();
  }
}
