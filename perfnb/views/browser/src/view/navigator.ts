// Where the reader is: what is in view, which frame is zoomed, pointed at, or marked.
import {pathTo, ROOT} from "../core/calltree";
import {Camera} from "./camera";
import {neighbour, type Direction} from "./neighbours";
import type {Scene} from "./scene";

export interface NavigatorActions {
  /** Something to paint has changed. */
  moved(): void;
  /** Another frame is zoomed. */
  focused(): void;
  /** The width of the canvas in pixels. */
  width(): number;
}

/** A match narrower than this many pixels is brought closer when the search goes to it. */
const SEEN = 3;

export class Navigator {
  readonly camera = new Camera(() => this.cameraMoved());
  scene: Scene | null = null;
  focus = ROOT;
  hover = -1;
  selected = -1;
  /** The place in the scene's ranking of the match that the search is at. */
  match = -1;

  constructor(private readonly actions: NavigatorActions) {}

  get unitsPerPixel(): number {
    return this.camera.span / Math.max(1, this.actions.width());
  }

  get zoomed(): boolean {
    return this.scene !== null && (this.focus !== ROOT || this.camera.span < this.scene.boxes.extent * 0.999999);
  }

  /** The names on the way to the zoomed frame, the root left out. */
  get path(): string[] {
    const {scene} = this;
    return scene === null ? [] : pathTo(scene.tree, this.focus).slice(1).map((node) => scene.label(node).name);
  }

  /** Shows another scene, at the frame that was zoomed in the one before. */
  open(scene: Scene): void {
    const focus = this.scene === null ? ROOT : scene.counterpart(this.scene, this.focus);
    this.scene = scene;
    this.hover = this.selected = this.match = -1;
    this.camera.open(scene.boxes.extent);
    this.setFocus(focus);
    this.camera.jump(...this.rangeOf(focus));
  }

  /** False where there is nothing to zoom into. */
  zoomTo(node: number): boolean {
    if (this.scene === null || this.scene.boxes.width[node] <= 0) {
      return false;
    }
    this.hover = -1;
    this.setFocus(node);
    this.camera.glide(...this.rangeOf(node));
    return true;
  }

  /** The frame at a point: a depth and pixels from the left. */
  pick(depth: number, x: number): number {
    const reach = this.unitsPerPixel;
    return this.scene === null ? -1 : this.scene.at(depth, this.camera.x0 + x * reach, reach);
  }

  /** The frame that an arrow key leads to, from the marked frame or else from the zoomed one. */
  neighbour(direction: Direction): number {
    const from = this.selected < 0 ? this.focus : this.selected;
    return this.scene === null
      ? ROOT
      : neighbour(this.scene, this.camera, from, direction, this.unitsPerPixel);
  }

  /** The next match, brought into view; −1 if there is none. */
  nextMatch(direction: 1 | -1): number {
    const {scene} = this;
    const count = scene?.ranking.length ?? 0;
    if (scene === null || count === 0) {
      return -1;
    }
    this.match = this.match < 0 && direction < 0 ? count - 1 : (this.match + direction + count) % count;
    const node = scene.ranking[this.match];
    this.bringIntoView(scene, node);
    return node;
  }

  /** Pixels from the left to the middle of what is seen of a frame. */
  middleOf(node: number): number {
    const [x0, x1] = this.rangeOf(node);
    const {camera} = this;
    const middle = (Math.max(camera.x0, x0) + Math.min(camera.x1, x1)) / 2;
    return Math.min(this.actions.width(), Math.max(0, (middle - camera.x0) / this.unitsPerPixel));
  }

  private bringIntoView(scene: Scene, node: number): void {
    const {width} = scene.boxes;
    if (!this.contains(this.focus, ...this.rangeOf(node)) || this.camera.span < width[node]) {
      this.setFocus(ROOT);
      this.camera.jump(...this.rangeOf(ROOT));
    }
    if (width[node] / this.unitsPerPixel < SEEN) {
      // To the widest frame above in which the match can be seen.
      let around = node;
      while (around !== ROOT && width[node] / width[scene.tree.parent[around]] > 0.02) {
        around = scene.tree.parent[around];
      }
      this.setFocus(around);
      this.camera.jump(...this.rangeOf(around));
    }
  }

  private cameraMoved(): void {
    const {scene, camera} = this;
    if (scene !== null && !camera.gliding) {
      // A frame is zoomed as long as nothing beyond it is in view.
      const slack = camera.span * 1e-6;
      let focus = this.focus;
      while (focus !== ROOT && !this.contains(focus, camera.x0 + slack, camera.x1 - slack)) {
        focus = scene.tree.parent[focus];
      }
      this.setFocus(focus);
    }
    this.actions.moved();
  }

  private setFocus(node: number): void {
    if (node !== this.focus) {
      this.focus = node;
      this.actions.focused();
    }
  }

  private contains(node: number, x0: number, x1: number): boolean {
    const [left, right] = this.rangeOf(node);
    return left <= x0 && right >= x1;
  }

  private rangeOf(node: number): [x0: number, x1: number] {
    const {x, width} = this.scene!.boxes;
    return [x[node], x[node] + width[node]];
  }
}
