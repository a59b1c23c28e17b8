// One canvas of boxes and what a reader does with it: pointing, zooming, going from box to box.
import {ROOT} from "../core/calltree";
import {detailsOf, inWords} from "./details";
import {Drawing, type Look} from "./drawing";
import type {Dress} from "./dress";
import {handleKey} from "./keyboard";
import {Navigator} from "./navigator";
import {probeOf, type Probe} from "./probe";
import type {Scene} from "./scene";
import {Stage} from "./stage";
import type {Tip} from "./tip";

export interface PaneActions {
  /** The zoom has changed, or what is marked. */
  moved(): void;
  /** Another frame is zoomed. */
  focused(): void;
  /** The reader has turned to this frame; the other views follow. */
  chosen(scene: Scene, node: number): void;
  /** No function is marked any more. */
  cleared(): void;
  /** What can be done with the frame is asked for, at this place of the window. */
  menu(scene: Scene, node: number, x: number, y: number): void;
  search(): void;
  painted(milliseconds: number): void;
  resized(): void;
  say(text: string): void;
}

export class GraphPane {
  readonly at = new Navigator({
    moved: () => this.moved(),
    focused: () => this.actions.focused(),
    width: () => this.stage.width,
  });
  readonly drawing: Drawing;
  readonly stage: Stage;
  private look: Look | null = null;

  constructor(
    private readonly actions: PaneActions,
    dress: Dress,
    private readonly tip: Tip,
  ) {
    const {camera} = this.at;
    this.stage = new Stage({
      resized: () => this.resized(),
      scrolled: () => this.drawing.paintSoon(),
      click: (x, y) => this.click(x, y),
      menu: (x, y, event) => this.menuAt(x, y, event),
      reset: () => this.reset(),
      hover: (x, y, event) => this.point(x, y, event),
      leave: () => this.unpoint(),
      pan: (pixels) => camera.pan(pixels * this.at.unitsPerPixel),
      zoom: (x, factor) => camera.zoom(camera.x0 + x * this.at.unitsPerPixel, factor),
    });
    this.drawing = new Drawing(dress, this.stage, this.at, (ms) => actions.painted(ms));
    this.stage.canvas.addEventListener("keydown", (event) => this.onKey(event));
    this.stage.canvas.addEventListener("blur", () => tip.hide());
  }

  get el(): HTMLElement {
    return this.stage.el;
  }

  get scene(): Scene | null {
    return this.at.scene;
  }

  /** Shows a scene, at the frame that was zoomed in the one before. */
  open(scene: Scene, look: Look, pattern: string, empty: string): void {
    // Others show the tip too, and while they do the scenes may follow each other: it must not blink.
    if (this.at.hover >= 0 || this.at.selected >= 0) {
      this.tip.hide();
    }
    this.stage.say(scene.isEmpty ? empty : null);
    this.at.open(scene);
    this.search(pattern);
    this.show(look);
  }

  /** The same scene, looking otherwise. */
  show(look: Look): void {
    this.look = look;
    const {scene} = this.at;
    if (scene !== null) {
      this.drawing.mix(look.colorBy);
      this.drawing.layOut(look, scene.rows);
      this.drawing.paint();
    }
  }

  search(pattern: string): void {
    this.at.match = -1;
    this.at.scene?.search(pattern);
    this.drawing.paintSoon();
  }

  /** Marks the boxes of a function. */
  light(id: number): void {
    if (this.drawing.lit !== id) {
      this.drawing.lit = id;
      this.drawing.paintSoon();
    }
  }

  zoomTo(node: number): void {
    if (this.at.zoomTo(node)) {
      this.tip.hide();
      this.reveal(node);
      this.moved();
    }
  }

  /** Shows all; where all is shown already, nothing is marked any more. */
  reset(): void {
    if (!this.at.zoomed && this.at.selected < 0) {
      this.actions.cleared();
    }
    this.at.selected = -1;
    this.zoomTo(ROOT);
  }

  /** Marks the next match, and says so; false if there is none. */
  goToMatch(direction: 1 | -1): boolean {
    const node = this.at.nextMatch(direction);
    if (node >= 0) {
      this.select(node);
    }
    return node >= 0;
  }

  /** Marks a frame, scrolls to it, and tells about it in words. */
  select(node: number): void {
    const {at} = this;
    if (at.scene !== null) {
      at.selected = node;
      at.hover = -1;
      this.reveal(node);
      this.actions.say(inWords(at.scene, node));
      this.drawing.paint();
    }
  }

  focusCanvas(): void {
    this.stage.canvas.focus({preventScroll: true});
  }

  /** Scrolls to a box without marking it. */
  reveal(node: number): void {
    this.stage.reveal(this.drawing.topOf(node), this.drawing.rows.height);
  }

  dispose(): void {
    this.at.camera.stop();
    this.drawing.dispose();
    this.stage.dispose();
  }

  probe(): Omit<Probe, "theme"> {
    const {at, drawing, stage} = this;
    const name = (node: number): string | null => (node < 0 ? null : (at.scene?.label(node).name ?? null));
    return {
      ...probeOf(at.scene, at.camera, drawing.rows, stage, drawing.lit, (node) => drawing.paintOf(node)),
      focus: name(at.focus) ?? "",
      selected: name(at.selected),
      paint_ms: drawing.lastPaint,
    };
  }

  private moved(): void {
    this.actions.moved();
    this.drawing.paintSoon();
  }

  private resized(): void {
    this.actions.resized();
    this.drawing.paint();
  }

  private click(x: number, y: number): void {
    const node = this.at.pick(this.drawing.rows.depthAt(y), x);
    if (node >= 0) {
      this.at.selected = -1;
      this.zoomTo(node);
      this.actions.chosen(this.at.scene!, node);
    }
  }

  private menuAt(x: number, y: number, event: MouseEvent): boolean {
    const node = this.at.pick(this.drawing.rows.depthAt(y), x);
    if (node >= 0 && this.at.scene !== null) {
      this.tip.hide();
      this.at.selected = node;
      this.drawing.paintSoon();
      this.actions.menu(this.at.scene, node, event.clientX, event.clientY);
    }
    return node >= 0;
  }

  private point(x: number, y: number, event: PointerEvent): void {
    const {at, drawing, stage} = this;
    const node = at.pick(drawing.rows.depthAt(y), x);
    if (node !== at.hover) {
      at.hover = node;
      stage.canvas.classList.toggle("pointing", node >= 0);
      drawing.paintSoon();
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
    const done = handleKey(event, this.look?.orientation ?? "icicle", {
      move: (direction) => {
        this.select(at.neighbour(direction));
        this.tipBySelected();
        this.actions.chosen(at.scene!, at.selected);
      },
      enter: () => at.selected >= 0 && this.zoomTo(at.selected),
      reset: () => this.reset(),
      search: () => this.actions.search(),
      menu: () => this.menuBySelected(),
    });
    if (done) {
      event.preventDefault();
      event.stopPropagation();
    }
  }

  private menuBySelected(): void {
    const {at} = this;
    const node = at.selected < 0 ? at.focus : at.selected;
    if (at.scene !== null && node !== ROOT) {
      this.tip.hide();
      const [x, y] = this.below(node);
      this.actions.menu(at.scene, node, x, y);
    }
  }

  private tipBySelected(): void {
    const {at} = this;
    if (at.scene !== null) {
      const [x, y] = this.below(at.selected);
      this.tip.showAt(this.describe(at.scene, at.selected), x, y - 8);
    }
  }

  /** The place in the window below the middle of a box. */
  private below(node: number): [x: number, y: number] {
    const {at, drawing, stage} = this;
    const box = stage.canvas.getBoundingClientRect();
    const bottom = drawing.topOf(node) + drawing.rows.height - stage.scroll;
    return [box.left + at.middleOf(node), box.top + bottom];
  }
}
