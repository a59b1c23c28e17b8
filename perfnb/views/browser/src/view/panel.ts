// The flame graph as one element: toolbar, path, canvas, legend, footer, and what passes between
// them. It knows nothing of Bokeh: the settings come in, and the reader's changes go out.
import {ROOT} from "../core/calltree";
import {formatValue} from "../core/format";
import {makePalette, type Palette, type Theme} from "../core/palette";
import type {Tables} from "../core/tables";
import {Crumbs} from "./crumbs";
import {detailsOf, inWords} from "./details";
import {element} from "./dom";
import {Footer} from "./footer";
import {handleKey} from "./keyboard";
import {Legend} from "./legend";
import {Navigator} from "./navigator";
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
  /** The profile cannot be shown, and the reader sees why. */
  failed(message: string): void;
}

const FOLDING = ["merge", "inverted", "threads", "states", "timeRange", "splitThreads"] as const;

export class Panel {
  readonly el = element("div", {class: "root"});
  private readonly stopped = new AbortController();
  private readonly tip = new Tip();
  private readonly title = element("div", {class: "title", hidden: true});
  private readonly live = element("div", {class: "live", "aria-live": "polite"});
  private readonly toolbar: Toolbar;
  private readonly crumbs = new Crumbs((node) => this.zoomTo(node));
  private readonly stage: Stage;
  private readonly painter: Painter;
  private readonly legend = new Legend();
  private readonly footer = new Footer(this.tip);
  private readonly at = new Navigator({
    moved: () => this.moved(),
    focused: () => this.focused(),
    width: () => this.stage.width,
  });
  private tables: Tables | null = null;
  private palette!: Palette;
  private rows = new Rows(1, 18, "icicle");
  private shownTheme: Theme = "light";
  private inks = {font: "", outline: ""};
  private failure: string | null = null;
  private pending = 0;
  private lastPaint = 0;

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
    const {camera} = this.at;
    this.stage = new Stage({
      resized: () => this.resized(),
      scrolled: () => this.repaint(),
      click: (x, y) => this.click(x, y),
      reset: () => this.reset(),
      hover: (x, y, event) => this.point(x, y, event),
      leave: () => this.unpoint(),
      pan: (pixels) => camera.pan(pixels * this.at.unitsPerPixel),
      zoom: (x, factor) => camera.zoom(camera.x0 + x * this.at.unitsPerPixel, factor),
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
    this.failure = null;
    this.tables = tables;
    this.retheme();
    this.refold();
  }

  /** In place of a profile that cannot be shown. */
  fail(message: string): void {
    this.el.classList.add("failed");
    this.failure = message;
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

  dispose(): void {
    this.stopped.abort();
    this.at.camera.stop();
    cancelAnimationFrame(this.pending);
    this.stage.dispose();
    this.toolbar.search.dispose();
    this.tip.hide();
    this.el.remove();
  }

  probe(): Probe {
    const {at, rows, stage} = this;
    const name = (node: number): string | null => (node < 0 ? null : (at.scene?.label(node).name ?? null));
    return {
      ...probeOf(at.scene, at.camera, rows, stage),
      focus: name(at.focus) ?? "",
      selected: name(at.selected),
      theme: this.shownTheme,
      paint_ms: this.lastPaint,
    };
  }

  // What is shown.

  private refold(): void {
    const {tables, settings} = this;
    if (tables === null) {
      return;
    }
    const scene = new Scene(tables, {
      threads: settings.threads,
      states: settings.states?.map((name) => tables.states.indexOf(name)) ?? null,
      range: settings.timeRange,
      inverted: settings.inverted,
      merge: settings.merge,
      splitThreads: settings.splitThreads,
    });
    this.tip.hide();
    this.stage.say(scene.isEmpty ? "No samples in this selection" : null);
    this.at.open(scene);
    this.research();
    this.relayout();
    this.dress();
  }

  private research(): void {
    this.at.match = -1;
    this.at.scene?.search(this.settings.pattern);
    this.repaint();
  }

  private relayout(): void {
    const {settings, stage} = this;
    const {scene} = this.at;
    if (scene === null) {
      return;
    }
    const turned = this.rows.orientation !== settings.orientation || this.rows.count !== scene.rows;
    this.rows = new Rows(scene.rows, settings.frameHeight, settings.orientation);
    stage.setHeight(this.rows.total, settings.maxRowsHeight);
    if (turned) {
      // To where the root is.
      stage.scroll = settings.orientation === "icicle" ? 0 : this.rows.total;
    }
    this.paintNow();
  }

  private retheme(): void {
    const {theme, colorBy} = this.settings;
    this.shownTheme = theme === "auto" ? pageTheme() : theme;
    this.el.dataset["theme"] = this.shownTheme;
    this.inks.font = "";
    this.reground();
    if (this.tables !== null) {
      this.palette = makePalette(this.tables, colorBy, this.shownTheme);
    }
    if (this.at.scene !== null) {
      this.legend.show(this.at.scene, colorBy, this.shownTheme, this.palette);
      this.repaint();
    }
  }

  /** On a page of the other theme, texts need a ground of their own. */
  private reground(): void {
    const host = (this.el.getRootNode() as Partial<ShadowRoot>).host;
    this.el.classList.toggle("grounded", host?.isConnected === true && backdrop(host) !== this.shownTheme);
  }

  /** Everything around the canvas, from the settings. */
  private dress(): void {
    const {settings} = this;
    const {scene, focus} = this.at;
    this.title.hidden = settings.title === "";
    this.title.textContent = settings.title;
    this.footer.show(settings.summary, settings.honesty);
    this.dressToolbar();
    if (scene !== null) {
      const {tree, tables} = scene;
      this.crumbs.show(scene, focus);
      this.legend.show(scene, settings.colorBy, this.shownTheme, this.palette);
      this.stage.canvas.setAttribute(
        "aria-label",
        `${settings.title || "Flame graph"}: ${formatValue(tree.total[ROOT], tables.value.unit)} ` +
          `${tables.value.kind}. Arrow keys go from frame to frame, Enter zooms, Escape shows all.`,
      );
    }
  }

  private dressToolbar(): void {
    const {scene, match, zoomed} = this.at;
    this.toolbar.show(this.tables, this.settings, zoomed);
    const hit = scene?.hit ?? null;
    const {pattern} = this.settings;
    this.toolbar.search.show(pattern, hit?.fraction ?? null, hit?.count ?? 0, match, scene?.searchError ?? null);
  }

  // Painting.

  private repaint(): void {
    if (this.pending === 0) {
      this.pending = requestAnimationFrame(() => this.paintNow());
    }
  }

  private paintNow(): void {
    cancelAnimationFrame(this.pending);
    this.pending = 0;
    const {stage, palette, rows} = this;
    const {scene, camera, focus, hover, selected} = this.at;
    const {width, height, scroll} = stage;
    if (scene !== null && stage.isSaying) {
      // That there is nothing to paint is the picture.
      this.actions.painted(0);
    }
    if (scene === null || width === 0 || height === 0) {
      return;
    }
    const start = performance.now();
    const inks = this.readInks();
    this.painter.paint({scene, palette, camera, rows, width, height, scroll, focus, hover, selected, ...inks});
    this.lastPaint = performance.now() - start;
    this.actions.painted(this.lastPaint);
  }

  /** The canvas cannot see the style sheet: what it needs of it is read once per theme. */
  private readInks(): Panel["inks"] {
    if (this.inks.font === "") {
      const style = getComputedStyle(this.el);
      this.inks = {font: `12px ${style.fontFamily}`, outline: style.getPropertyValue("--outline")};
    }
    return this.inks;
  }

  // What the reader does.

  private resized(): void {
    this.reground();
    if (this.at.scene !== null) {
      this.crumbs.show(this.at.scene, this.at.focus);
    }
    if (this.failure === null) {
      this.paintNow();
    } else if (this.stage.isSaying) {
      this.actions.failed(this.failure);
    }
  }

  private moved(): void {
    this.dressToolbar();
    this.repaint();
  }

  private focused(): void {
    if (this.at.scene !== null) {
      this.crumbs.show(this.at.scene, this.at.focus);
      this.actions.focused(this.at.path);
    }
  }

  private zoomTo(node: number): void {
    if (this.at.zoomTo(node)) {
      this.tip.hide();
      this.reveal(node);
      this.moved();
    }
  }

  private reset(): void {
    this.at.selected = -1;
    this.zoomTo(ROOT);
  }

  private reveal(node: number): void {
    const top = this.rows.top(this.at.scene!.boxes.depth[node]);
    this.stage.reveal(top, this.rows.height);
  }

  private click(x: number, y: number): void {
    const node = this.at.pick(this.rows.depthAt(y), x);
    if (node >= 0) {
      this.at.selected = -1;
      this.zoomTo(node);
    }
  }

  private point(x: number, y: number, event: PointerEvent): void {
    const {at, stage} = this;
    const node = at.pick(this.rows.depthAt(y), x);
    if (node !== at.hover) {
      at.hover = node;
      stage.canvas.classList.toggle("pointing", node >= 0);
      this.repaint();
    }
    if (node >= 0 && at.scene !== null) {
      this.tip.showAt(this.describe(at.scene, node), event.clientX, event.clientY);
    } else {
      this.tip.hide();
    }
  }

  private unpoint(): void {
    this.tip.hide();
    if (this.at.hover >= 0) {
      this.at.hover = -1;
      this.repaint();
    }
  }

  private describe(scene: Scene, node: number): HTMLElement {
    return detailsOf(scene, node, this.at.focus, fillOf(this.palette, scene, node));
  }

  private onKey(event: KeyboardEvent): void {
    const {at} = this;
    const done = handleKey(event, this.settings.orientation, {
      move: (direction) => {
        this.select(at.neighbour(direction));
        this.tipBySelected();
      },
      enter: () => at.selected >= 0 && this.zoomTo(at.selected),
      reset: () => this.reset(),
      search: () => this.toolbar.search.focus(),
    });
    if (done) {
      event.preventDefault();
      event.stopPropagation();
    }
  }

  private goToMatch(direction: 1 | -1): void {
    const node = this.at.nextMatch(direction);
    if (node < 0) {
      this.live.textContent = "No match";
    } else {
      this.select(node);
      this.dressToolbar();
    }
  }

  /** Marks a frame, scrolls to it, and tells about it in words. */
  private select(node: number): void {
    const {at} = this;
    if (at.scene !== null) {
      at.selected = node;
      at.hover = -1;
      this.reveal(node);
      this.live.textContent = inWords(at.scene, node);
      this.paintNow();
    }
  }

  private tipBySelected(): void {
    const {at, rows, stage} = this;
    if (at.scene !== null) {
      const box = stage.canvas.getBoundingClientRect();
      const bottom = rows.top(at.scene.boxes.depth[at.selected]) + rows.height - stage.scroll;
      this.tip.showAt(this.describe(at.scene, at.selected), box.left + at.middleOf(at.selected), box.top + bottom - 8);
    }
  }
}
