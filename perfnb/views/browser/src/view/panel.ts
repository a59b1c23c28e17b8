// The flame graph as one element: toolbar, path, canvas, legend, footer, and what passes between
// them. It knows nothing of Bokeh: the settings come in, and the reader's changes go out.
import {ROOT} from "../core/calltree";
import {formatValue} from "../core/format";
import type {Tables} from "../core/tables";
import {Crumbs} from "./crumbs";
import {detailsOf, inWords} from "./details";
import {element} from "./dom";
import {Drawing} from "./drawing";
import {Footer} from "./footer";
import {handleKey} from "./keyboard";
import {Legend} from "./legend";
import {Navigator} from "./navigator";
import {probeOf, type Probe} from "./probe";
import {Scene} from "./scene";
import type {Change, Settings} from "./settings";
import {Stage} from "./stage";
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
  private readonly drawing: Drawing;
  private readonly legend = new Legend();
  private readonly footer = new Footer(this.tip);
  private readonly at = new Navigator({
    moved: () => this.moved(),
    focused: () => this.focused(),
    width: () => this.stage.width,
  });
  private tables: Tables | null = null;
  private failure: string | null = null;

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
      scrolled: () => this.drawing.paintSoon(),
      click: (x, y) => this.click(x, y),
      reset: () => this.reset(),
      hover: (x, y, event) => this.point(x, y, event),
      leave: () => this.unpoint(),
      pan: (pixels) => camera.pan(pixels * this.at.unitsPerPixel),
      zoom: (x, factor) => camera.zoom(camera.x0 + x * this.at.unitsPerPixel, factor),
    });
    this.drawing = new Drawing(this.el, this.stage, this.at, actions.painted);
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
    this.drawing.dispose();
    this.stage.dispose();
    this.toolbar.search.dispose();
    this.tip.hide();
    this.el.remove();
  }

  probe(): Probe {
    const {at, drawing, stage} = this;
    const name = (node: number): string | null => (node < 0 ? null : (at.scene?.label(node).name ?? null));
    return {
      ...probeOf(at.scene, at.camera, drawing.rows, stage),
      focus: name(at.focus) ?? "",
      selected: name(at.selected),
      theme: drawing.theme,
      paint_ms: drawing.lastPaint,
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
    this.drawing.paintSoon();
  }

  private relayout(): void {
    const {scene} = this.at;
    if (scene !== null) {
      this.drawing.layOut(this.settings, scene.rows);
      this.drawing.paint();
    }
  }

  private retheme(): void {
    const {theme, colorBy} = this.settings;
    this.drawing.dressIn(theme, colorBy, this.tables);
    if (this.at.scene !== null) {
      this.showLegend(this.at.scene);
      this.drawing.paintSoon();
    }
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
      this.showLegend(scene);
      this.stage.canvas.setAttribute(
        "aria-label",
        `${settings.title || "Flame graph"}: ${formatValue(tree.total[ROOT], tables.value.unit)} ` +
          `${tables.value.kind}. Arrow keys go from frame to frame, Enter zooms, Escape shows all.`,
      );
    }
  }

  private showLegend(scene: Scene): void {
    const {theme, palette} = this.drawing;
    this.legend.show(scene, this.settings.colorBy, theme, palette);
  }

  private dressToolbar(): void {
    const {scene, match, zoomed} = this.at;
    this.toolbar.show(this.tables, this.settings, zoomed);
    const hit = scene?.hit ?? null;
    const {pattern} = this.settings;
    this.toolbar.search.show(pattern, hit?.fraction ?? null, hit?.count ?? 0, match, scene?.searchError ?? null);
  }

  // What the reader does.

  private resized(): void {
    this.drawing.reground();
    if (this.at.scene !== null) {
      this.crumbs.show(this.at.scene, this.at.focus);
    }
    if (this.failure === null) {
      this.drawing.paint();
    } else if (this.stage.isSaying) {
      this.actions.failed(this.failure);
    }
  }

  private moved(): void {
    this.dressToolbar();
    this.drawing.paintSoon();
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
    this.stage.reveal(this.drawing.topOf(node), this.drawing.rows.height);
  }

  private click(x: number, y: number): void {
    const node = this.at.pick(this.drawing.rows.depthAt(y), x);
    if (node >= 0) {
      this.at.selected = -1;
      this.zoomTo(node);
    }
  }

  private point(x: number, y: number, event: PointerEvent): void {
    const {at, drawing, stage} = this;
    const node = at.pick(drawing.rows.depthAt(y), x);
    if (node !== at.hover) {
      at.hover = node;
      stage.canvas.classList.toggle("pointing", node >= 0);
      this.drawing.paintSoon();
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
      this.drawing.paintSoon();
    }
  }

  private describe(scene: Scene, node: number): HTMLElement {
    return detailsOf(scene, node, this.at.focus, this.drawing.fillOf(node));
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
      this.drawing.paint();
    }
  }

  private tipBySelected(): void {
    const {at, drawing, stage} = this;
    if (at.scene !== null) {
      const box = stage.canvas.getBoundingClientRect();
      const bottom = drawing.topOf(at.selected) + drawing.rows.height - stage.scroll;
      this.tip.showAt(this.describe(at.scene, at.selected), box.left + at.middleOf(at.selected), box.top + bottom - 8);
    }
  }
}
