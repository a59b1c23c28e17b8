// What the picture is painted with (theme, colours, inks, rows), and when it is painted.
import {makePalette, type ColorBy, type Palette, type Theme} from "../core/palette";
import type {Tables} from "../core/tables";
import type {Navigator} from "./navigator";
import {fillOf, Painter} from "./painter";
import {Rows} from "./rows";
import type {Settings} from "./settings";
import type {Stage} from "./stage";
import {backdrop, pageTheme, type ThemeChoice} from "./theme";

interface Inks {
  readonly font: string;
  readonly outline: string;
}

export class Drawing {
  rows = new Rows(1, 18, "icicle");
  palette!: Palette;
  theme: Theme = "light";
  lastPaint = 0;
  private readonly painter: Painter;
  private inks: Inks | null = null;
  private pending = 0;

  constructor(
    private readonly root: HTMLElement,
    private readonly stage: Stage,
    private readonly at: Navigator,
    private readonly painted: (milliseconds: number) => void,
  ) {
    this.painter = new Painter(stage.canvas);
  }

  dispose(): void {
    cancelAnimationFrame(this.pending);
  }

  dressIn(choice: ThemeChoice, colorBy: ColorBy, tables: Tables | null): void {
    this.theme = choice === "auto" ? pageTheme() : choice;
    this.root.dataset["theme"] = this.theme;
    this.inks = null;
    this.reground();
    if (tables !== null) {
      this.palette = makePalette(tables, colorBy, this.theme);
    }
  }

  /** On a page of the other theme, texts need a ground of their own. */
  reground(): void {
    const host = (this.root.getRootNode() as Partial<ShadowRoot>).host;
    this.root.classList.toggle("grounded", host?.isConnected === true && backdrop(host) !== this.theme);
  }

  /** Makes room for as many rows as the scene has. */
  layOut({orientation, frameHeight, maxRowsHeight}: Settings, count: number): void {
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
    return fillOf(this.palette, this.at.scene!, node);
  }

  paintSoon(): void {
    if (this.pending === 0) {
      this.pending = requestAnimationFrame(() => this.paint());
    }
  }

  paint(): void {
    cancelAnimationFrame(this.pending);
    this.pending = 0;
    const {stage, palette, rows} = this;
    const {scene, camera, focus, hover, selected} = this.at;
    const {width, height, scroll} = stage;
    if (scene !== null && stage.isSaying) {
      // That there is nothing to paint is the picture.
      this.painted(0);
    }
    if (scene === null || width === 0 || height === 0) {
      return;
    }
    const start = performance.now();
    const inks = this.readInks();
    this.painter.paint({scene, palette, camera, rows, width, height, scroll, focus, hover, selected, ...inks});
    this.lastPaint = performance.now() - start;
    this.painted(this.lastPaint);
  }

  /** The canvas cannot see the style sheet: what it needs of it is read once per theme. */
  private readInks(): Inks {
    if (this.inks === null) {
      const style = getComputedStyle(this.root);
      this.inks = {font: `12px ${style.fontFamily}`, outline: style.getPropertyValue("--outline")};
    }
    return this.inks;
  }
}
