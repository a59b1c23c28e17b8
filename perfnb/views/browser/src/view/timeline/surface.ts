// The canvas of the lanes. It is as large as what is seen of them and sticks to the top of a
// scroller as tall as all of them, with their labels beside it.
import {element} from "../dom";
import {paintLanes, type Picture} from "./paint";

/** What the surface adds by itself. */
type Own = "height" | "scroll" | "line" | "ground";
export type Scenery = Omit<Picture, Own>;

export class Surface {
  readonly canvas = element("canvas", {class: "tl-canvas", role: "img"});
  private readonly spacer: HTMLElement;
  readonly el: HTMLElement;
  lastPaint = 0;
  private pending = 0;
  private inks: Pick<Picture, "line" | "ground"> | null = null;

  constructor(
    labels: HTMLElement,
    private readonly scenery: () => Scenery | null,
  ) {
    this.spacer = element("div", {class: "tl-spacer"}, this.canvas, labels);
    this.el = element("div", {class: "tl-scroller", tabindex: -1}, this.spacer);
    this.el.addEventListener("scroll", () => this.paintSoon(), {passive: true});
  }

  /** All lanes, and how much of them is shown at most. */
  setHeight(total: number, most: number): void {
    this.spacer.style.height = `${total}px`;
    this.el.style.height = `${Math.min(total, most)}px`;
  }

  /** The canvas cannot see the style sheet: what it needs of it is read once per theme. */
  retheme(): void {
    this.inks = null;
  }

  paintSoon(): void {
    if (this.pending === 0) {
      this.pending = requestAnimationFrame(() => this.paint());
    }
  }

  dispose(): void {
    cancelAnimationFrame(this.pending);
  }

  private paint(): void {
    this.pending = 0;
    const scenery = this.scenery();
    const height = this.el.clientHeight;
    if (scenery === null || scenery.width <= 0 || height <= 0) {
      return;
    }
    const start = performance.now();
    if (this.inks === null) {
      const style = getComputedStyle(this.el);
      this.inks = {line: style.getPropertyValue("--line"), ground: style.getPropertyValue("--soft")};
    }
    paintLanes(this.canvas, {...scenery, height, scroll: this.el.scrollTop, ...this.inks});
    this.lastPaint = performance.now() - start;
  }
}
