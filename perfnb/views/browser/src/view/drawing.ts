// What one canvas is painted with (colours, inks, rows), and when it is painted.
import {makePalette, type ColorBy, type Paint, type Palette} from "../core/palette";
import type {Dress} from "./dress";
import type {Navigator} from "./navigator";
import {fillOf, Painter, paintOf} from "./painter";
import {Rows, type Orientation} from "./rows";
import type {Stage} from "./stage";

export interface Look {
  readonly orientation: Orientation;
  readonly frameHeight: number;
  readonly maxRowsHeight: number;
  readonly colorBy: ColorBy;
}

export class Drawing {
  rows = new Rows(1, 18, "icicle");
  palette: Palette | null = null;
  lastPaint = 0;
  /** The function whose boxes are marked, wherever they are; −1 for none. */
  lit = -1;
  private readonly painter: Painter;
  private pending = 0;

  constructor(
    private readonly dress: Dress,
    private readonly stage: Stage,
    private readonly at: Navigator,
    private readonly painted: (milliseconds: number) => void,
  ) {
    this.painter = new Painter(stage.canvas);
  }

  dispose(): void {
    cancelAnimationFrame(this.pending);
  }

  /** Colours for the scene, the theme and the choice of the reader. */
  mix(colorBy: ColorBy): void {
    const {scene} = this.at;
    if (scene !== null) {
      this.palette = makePalette(scene.tables, colorBy, this.dress.theme, scene);
    }
  }

  /** Makes room for as many rows as the scene has. */
  layOut({orientation, frameHeight, maxRowsHeight}: Look, count: number): void {
    const {stage} = this;
    const turned = this.rows.orientation !== orientation || this.rows.count !== count;
    this.rows = new Rows(count, frameHeight, orientation);
    stage.setHeight(this.rows.total, maxRowsHeight);
    if (turned) {
      // To where the root is.
      stage.scroll = orientation === "icicle" ? 0 : this.rows.total;
    }
  }

  /** The top of a frame's row, from the top of all rows. */
  topOf(node: number): number {
    return this.rows.top(this.at.scene!.boxes.depth[node]);
  }

  fillOf(node: number): string {
    return this.palette === null ? "" : fillOf(this.palette, this.at.scene!, node);
  }

  /** With what search and zoom make of its colour. */
  paintOf(node: number): Paint | null {
    const {palette, at} = this;
    return palette === null ? null : paintOf({scene: at.scene!, palette, focus: at.focus}, node);
  }

  paintSoon(): void {
    if (this.pending === 0) {
      this.pending = requestAnimationFrame(() => this.paint());
    }
  }

  paint(): void {
    cancelAnimationFrame(this.pending);
    this.pending = 0;
    const {stage, palette, rows, lit} = this;
    const {scene, camera, focus, hover, selected} = this.at;
    const {width, height, scroll} = stage;
    if (scene !== null && stage.isSaying) {
      // That there is nothing to paint is the picture.
      this.painted(0);
    }
    if (scene === null || palette === null || width === 0 || height === 0) {
      return;
    }
    const start = performance.now();
    const {inks} = this.dress;
    this.painter.paint({scene, palette, camera, rows, width, height, scroll, focus, hover, selected, lit, ...inks});
    this.lastPaint = performance.now() - start;
    this.painted(this.lastPaint);
  }
}
