// The flame graph as one element: toolbar, path, canvas, legend, footer, and the state they share.
// It knows nothing of Bokeh: the settings come in, and the reader's changes go out.
import {ROOT} from "../core/calltree";
import {formatValue} from "../core/format";
import {makePalette, type Palette, type Theme} from "../core/palette";
import type {Tables} from "../core/tables";
import {Camera} from "./camera";
import {Crumbs} from "./crumbs";
import {detailsOf, inWords} from "./details";
import {element} from "./dom";
import {Footer} from "./footer";
import {handleKey} from "./keyboard";
import {Legend} from "./legend";
import {neighbour, type Direction} from "./neighbours";
import {fillOf, Painter} from "./painter";
import {probeOf, type Probe} from "./probe";
import {Rows} from "./rows";
import {Scene} from "./scene";
import type {Change, Settings} from "./settings";
import {Stage} from "./stage";
import {backdrop, pageTheme, watchTheme} from "./theme";
import {Tip} from "./tip";
import {Toolbar} from "./toolbar";

export interface PanelActions {
  change: Change;
  /** The names on the way to the zoomed frame, the root left out. */
  focused(path: string[]): void;
  painted(milliseconds: number): void;
}

const FOLDING = ["merge", "inverted", "threads", "states", "timeRange", "splitThreads"] as const;

/** A match narrower than this is brought closer when the search goes to it. */
const SEEN = 3;

export class Panel {
  readonly el = element("div", {class: "root"});
  private readonly stopped = new AbortController();
  private readonly tip = new Tip();
  private readonly title = element("div", {class: "title", hidden: true});
  private readonly live = element("div", {class: "live", "aria-live": "polite"});
  private readonly camera = new Camera(() => this.cameraMoved());
  private readonly toolbar: Toolbar;
  private readonly crumbs = new Crumbs((node) => this.zoomTo(node));
  private readonly stage: Stage;
  private readonly painter: Painter;
  private readonly legend = new Legend();
  private readonly footer = new Footer(this.tip);
  private tables: Tables | null = null;
  private scene: Scene | null = null;
  private palette!: Palette;
  private rows = new Rows(1, 18, "icicle");
  private shownTheme: Theme = "light";
  private focus = ROOT;
  private hover = -1;
  private selected = -1;
  private matchAt = -1;
  private pending = 0;
  private lastPaint = 0;
  private inks = {font: "", outline: "", accent: "", halo: ""};

  constructor(
    private settings: Settings,
    private readonly actions: PanelActions,
  ) {
    this.toolbar = new Toolbar(
      {
        change: (patch) => actions.change(patch),
        search: (pattern) => actions.change({pattern}),
        step: (direction) => this.goToMatch(direction),
        leave: () => this.stage.canvas.focus({preventScroll: true}),
        reset: () => this.reset(),
      },
      this.tip,
    );
    this.stage = new Stage({
      resized: () => this.resized(),
      scrolled: () => this.repaint(),
      click: (x, y) => this.click(x, y),
      reset: () => this.reset(),
      hover: (x, y, event) => this.point(x, y, event),
      leave: () => this.unpoint(),
      pan: (pixels) => this.camera.pan(pixels * this.unitsPerPixel),
      zoom: (x, factor) => this.camera.zoom(this.camera.x0 + x * this.unitsPerPixel, factor),
    });
    this.painter = new Painter(this.stage.canvas);
    this.stage.canvas.addEventListener("keydown", (event) => this.onKey(event));
    this.stage.canvas.addEventListener("blur", () => this.tip.hide());
    this.el.append(
      this.title,
      this.toolbar.el,
      this.crumbs.el,
      this.stage.el,
      this.legend.el,
      this.footer.el,
      this.live,
      this.tip.el,
    );
    watchTheme(() => this.retheme(), this.stopped.signal);
    this.stage.say("Reading the profile…");
    this.dress();
  }

  open(tables: Tables): void {
    this.el.classList.remove("failed");
    this.tables = tables;
    this.retheme();
    this.refold();
  }

  fail(message: string): void {
    this.el.classList.add("failed");
    this.stage.say(message, "alert");
  }

  update(settings: Settings): void {
    const old = this.settings;
    this.settings = settings;
    const changed = (name: keyof Settings): boolean => old[name] !== settings[name];
    if (changed("theme") || changed("colorBy")) {
      this.retheme();
    }
    if (FOLDING.some(changed)) {
      this.refold();
    } else if (changed("pattern")) {
      this.research();
    }
    if (changed("orientation") || changed("frameHeight") || changed("maxRowsHeight")) {
      this.relayout();
    }
    this.dress();
  }

  /** The canvas may have been hidden, or put elsewhere. */
  resized(): void {
    this.reground();
    if (this.scene !== null) {
      this.crumbs.show(this.scene, this.focus);
    }
    this.paintNow();
  }

  dispose(): void {
    this.stopped.abort();
    this.camera.stop();
    cancelAnimationFrame(this.pending);
    this.stage.dispose();
    this.toolbar.search.dispose();
    this.tip.hide();
    this.el.remove();
  }

  get canvas(): HTMLCanvasElement {
    return this.stage.canvas;
  }

  probe(): Probe {
    const {scene, camera, rows, stage} = this;
    return {
      ...probeOf(scene, camera, rows, stage),
      focus: scene === null ? "" : scene.label(this.focus).name,
      selected: scene === null || this.selected < 0 ? null : scene.label(this.selected).name,
      theme: this.shownTheme,
      paint_ms: this.lastPaint,
    };
  }

  private get unitsPerPixel(): number {
    return this.camera.span / Math.max(1, this.stage.width);
  }

  /** Everything around the canvas, from the settings. */
  private dress(): void {
    const {settings, scene} = this;
    this.title.hidden = settings.title === "";
    this.title.textContent = settings.title;
    this.footer.show(settings.summary, settings.honesty);
    this.dressToolbar();
    if (scene !== null) {
      this.crumbs.show(scene, this.focus);
      this.legend.show(scene, settings.colorBy, this.shownTheme, this.palette);
      const {tree, tables} = scene;
      this.stage.canvas.setAttribute(
        "aria-label",
        `${settings.title || "Flame graph"}: ${formatValue(tree.total[ROOT], tables.value.unit)} ` +
          `${tables.value.kind}. Arrow keys go from frame to frame, Enter zooms, Escape shows all.`,
      );
    }
  }

  private dressToolbar(): void {
    const {settings, scene, camera} = this;
    const zoomed = scene !== null && (this.focus !== ROOT || camera.span < scene.boxes.extent * 0.999999);
    this.toolbar.show(this.tables, settings, zoomed);
    const hit = scene?.hit ?? null;
    this.toolbar.search.show(
      settings.pattern,
      hit?.fraction ?? null,
      hit?.count ?? 0,
      this.matchAt,
      scene?.searchError ?? null,
    );
  }

  private refold(): void {
    const {tables, settings, scene: old} = this;
    if (tables === null) {
      return;
    }
    const states = settings.states?.map((name) => tables.states.indexOf(name)) ?? null;
    const scene = new Scene(tables, {
      threads: settings.threads,
      states,
      range: settings.timeRange,
      inverted: settings.inverted,
      merge: settings.merge,
      splitThreads: settings.splitThreads,
    });
    const focus = old === null ? ROOT : scene.counterpart(old, this.focus);
    this.scene = scene;
    this.hover = this.selected = -1;
    this.tip.hide();
    this.camera.open(scene.boxes.extent);
    this.stage.say(scene.isEmpty ? "No samples in this selection" : null);
    this.setFocus(focus);
    this.camera.jump(...this.rangeOf(focus));
    this.research();
    this.relayout();
    this.dress();
  }

  private research(): void {
    this.matchAt = -1;
    this.scene?.search(this.settings.pattern);
    this.repaint();
  }

  private relayout(): void {
    const {scene, settings} = this;
    if (scene === null) {
      return;
    }
    const flipped = this.rows.orientation !== settings.orientation || this.rows.count !== scene.rows;
    this.rows = new Rows(scene.rows, settings.frameHeight, settings.orientation);
    this.stage.setHeight(this.rows.total, settings.maxRowsHeight);
    if (flipped) {
      // To where the root is.
      this.stage.scroll = settings.orientation === "icicle" ? 0 : this.rows.total;
    }
    this.paintNow();
  }

  private retheme(): void {
    const {theme, colorBy} = this.settings;
    this.shownTheme = theme === "auto" ? pageTheme() : theme;
    this.el.dataset["theme"] = this.shownTheme;
    this.reground();
    this.inks.font = "";
    if (this.tables !== null) {
      this.palette = makePalette(this.tables, colorBy, this.shownTheme);
    }
    if (this.scene !== null) {
      this.legend.show(this.scene, colorBy, this.shownTheme, this.palette);
      this.repaint();
    }
  }

  /** On a page of the other theme, texts need a ground of their own. */
  private reground(): void {
    const host = (this.el.getRootNode() as Partial<ShadowRoot>).host;
    this.el.classList.toggle("grounded", host?.isConnected === true && backdrop(host) !== this.shownTheme);
  }

  private repaint(): void {
    if (this.pending === 0) {
      this.pending = requestAnimationFrame(() => this.paintNow());
    }
  }

  private paintNow(): void {
    cancelAnimationFrame(this.pending);
    this.pending = 0;
    const {scene, stage} = this;
    if (scene === null || stage.width === 0 || stage.height === 0) {
      return;
    }
    const start = performance.now();
    this.painter.paint({
      scene,
      palette: this.palette,
      camera: this.camera,
      rows: this.rows,
      width: stage.width,
      height: stage.height,
      scroll: stage.scroll,
      focus: this.focus,
      hover: this.hover,
      selected: this.selected,
      ...this.readInks(),
    });
    this.lastPaint = performance.now() - start;
    this.actions.painted(this.lastPaint);
  }

  /** The canvas cannot see the style sheet: what it needs of it is read once per theme. */
  private readInks(): Panel["inks"] {
    if (this.inks.font === "") {
      const style = getComputedStyle(this.el);
      this.inks = {
        font: `12px ${style.fontFamily}`,
        outline: style.getPropertyValue("--outline"),
        accent: style.getPropertyValue("--accent"),
        halo: style.getPropertyValue("--halo"),
      };
    }
    return this.inks;
  }

  private cameraMoved(): void {
    const {scene, camera} = this;
    if (scene !== null) {
      // A frame is zoomed as long as nothing beyond it is in view.
      let focus = this.focus;
      const slack = camera.span * 1e-6;
      while (focus !== ROOT && !camera.gliding && !this.contains(focus, camera.x0 + slack, camera.x1 - slack)) {
        focus = scene.tree.parent[focus];
      }
      this.setFocus(focus);
      this.dressToolbar();
    }
    this.repaint();
  }

  private contains(node: number, x0: number, x1: number): boolean {
    const {x, width} = this.scene!.boxes;
    return x[node] <= x0 && x[node] + width[node] >= x1;
  }

  private rangeOf(node: number): [x0: number, x1: number] {
    const {x, width} = this.scene!.boxes;
    return [x[node], x[node] + width[node]];
  }

  private setFocus(node: number): void {
    const {scene} = this;
    if (scene === null || node === this.focus) {
      return;
    }
    this.focus = node;
    this.crumbs.show(scene, node);
    const path: string[] = [];
    for (let at = node; at !== ROOT; at = scene.tree.parent[at]) {
      path.push(scene.label(at).name);
    }
    this.actions.focused(path.reverse());
  }

  private zoomTo(node: number): void {
    const {scene, rows, stage} = this;
    if (scene === null || scene.boxes.width[node] <= 0) {
      return;
    }
    this.tip.hide();
    this.hover = -1;
    this.setFocus(node);
    this.camera.glide(...this.rangeOf(node));
    stage.reveal(rows.top(scene.boxes.depth[node]), rows.height);
    this.dressToolbar();
  }

  private reset(): void {
    this.selected = -1;
    this.tip.hide();
    this.zoomTo(ROOT);
    this.repaint();
  }

  private pick(x: number, y: number): number {
    const {scene, rows, camera} = this;
    return scene === null
      ? -1
      : scene.at(rows.depthAt(y), camera.x0 + x * this.unitsPerPixel, this.unitsPerPixel);
  }

  private click(x: number, y: number): void {
    const node = this.pick(x, y);
    if (node >= 0) {
      this.selected = -1;
      this.zoomTo(node);
    }
  }

  private point(x: number, y: number, event: PointerEvent): void {
    const {scene} = this;
    const node = this.pick(x, y);
    if (node !== this.hover) {
      this.hover = node;
      this.stage.canvas.classList.toggle("pointing", node >= 0);
      this.repaint();
    }
    if (node >= 0 && scene !== null) {
      this.tip.showAt(this.describe(scene, node), event.clientX, event.clientY);
    } else {
      this.tip.hide();
    }
  }

  private unpoint(): void {
    this.tip.hide();
    if (this.hover >= 0) {
      this.hover = -1;
      this.repaint();
    }
  }

  private describe(scene: Scene, node: number): HTMLElement {
    return detailsOf(scene, node, this.focus, fillOf(this.palette, scene, node));
  }

  private onKey(event: KeyboardEvent): void {
    const done = handleKey(event, this.settings.orientation, {
      move: (direction) => this.move(direction),
      enter: () => this.selected >= 0 && this.zoomTo(this.selected),
      reset: () => this.reset(),
      search: () => this.toolbar.search.focus(),
    });
    if (done) {
      event.preventDefault();
      event.stopPropagation();
    }
  }

  private move(direction: Direction): void {
    const {scene, camera} = this;
    if (scene !== null) {
      const from = this.selected < 0 ? -1 : this.selected;
      this.select(neighbour(scene, camera, from < 0 ? this.focus : from, from < 0 ? "stay" : direction, this.unitsPerPixel));
    }
  }

  /** Marks a frame, scrolls to it, and tells about it. */
  private select(node: number): void {
    const {scene, rows, stage, camera} = this;
    if (scene === null) {
      return;
    }
    this.selected = node;
    this.hover = -1;
    const top = rows.top(scene.boxes.depth[node]);
    stage.reveal(top, rows.height);
    this.live.textContent = inWords(scene, node);
    this.paintNow();
    const canvas = stage.canvas.getBoundingClientRect();
    const middle = Math.max(camera.x0, scene.boxes.x[node]) + Math.min(scene.boxes.width[node], camera.span) / 2;
    const x = canvas.left + Math.min(canvas.width, Math.max(0, (middle - camera.x0) / this.unitsPerPixel));
    this.tip.showAt(this.describe(scene, node), x, canvas.top + top - stage.scroll + rows.height - 8);
  }

  private goToMatch(direction: 1 | -1): void {
    const {scene} = this;
    const count = scene?.ranking.length ?? 0;
    if (scene === null || count === 0) {
      this.live.textContent = "No match";
      return;
    }
    this.matchAt = this.matchAt < 0 && direction < 0 ? count - 1 : (this.matchAt + direction + count) % count;
    const node = scene.ranking[this.matchAt];
    const {camera} = this;
    const outside = !this.contains(this.focus, ...this.rangeOf(node)) || camera.span < scene.boxes.width[node];
    if (outside) {
      this.setFocus(ROOT);
      this.camera.jump(...this.rangeOf(ROOT));
    }
    // Up from the match until what is zoomed shows it wide enough.
    if (scene.boxes.width[node] / this.unitsPerPixel < SEEN) {
      let around = node;
      while (around !== ROOT && scene.boxes.width[node] / scene.boxes.width[scene.tree.parent[around]] > 0.02) {
        around = scene.tree.parent[around];
      }
      this.setFocus(around);
      this.camera.jump(...this.rangeOf(around));
    }
    this.select(node);
    this.tip.hide();
    this.dressToolbar();
  }
}
