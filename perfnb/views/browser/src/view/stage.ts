// The canvas and what the pointer does on it. The canvas is as large as what is seen and sticks to
// the top of a scroller as tall as the rows: the browser scrolls, and a wheel turned at the end of
// the rows goes on to the page.
import {element} from "./dom";

export interface StageActions {
  resized(): void;
  scrolled(): void;
  click(x: number, y: number): void;
  /** True if there is something there, so that the browser's own menu stays away. */
  menu(x: number, y: number, event: MouseEvent): boolean;
  reset(): void;
  hover(x: number, y: number, event: PointerEvent): void;
  leave(): void;
  pan(pixels: number): void;
  /** `factor` < 1 comes closer. */
  zoom(x: number, factor: number): void;
}

/** A press that moves less than this is a click. */
const SLOP = 4;
const WHEEL = 0.0022;
/** A wheel that counts in lines, not pixels. */
const LINE = 24;

export class Stage {
  readonly canvas = element("canvas", {tabindex: 0, role: "application", "aria-roledescription": "flame graph"});
  private readonly spacer = element("div", {class: "spacer"}, this.canvas);
  private readonly scroller = element("div", {class: "scroller", tabindex: -1}, this.spacer);
  private readonly message = element("div", {class: "message", hidden: true});
  readonly el = element("div", {class: "stage"}, this.scroller, this.message);
  private readonly observer: ResizeObserver;
  private press: {x: number; y: number; lastX: number; lastY: number; moved: boolean} | null = null;

  constructor(private readonly actions: StageActions) {
    this.observer = new ResizeObserver(() => {
      this.hintMore();
      actions.resized();
    });
    this.observer.observe(this.scroller);
    this.observer.observe(this.message);
    this.scroller.addEventListener(
      "scroll",
      () => {
        this.hintMore();
        actions.scrolled();
      },
      {passive: true},
    );
    this.canvas.addEventListener("pointerdown", (event) => this.onDown(event));
    this.canvas.addEventListener("pointermove", (event) => this.onMove(event));
    this.canvas.addEventListener("pointerup", (event) => this.onUp(event));
    this.canvas.addEventListener("pointercancel", () => this.release());
    this.canvas.addEventListener("pointerleave", () => actions.leave());
    this.canvas.addEventListener("dblclick", (event) => {
      event.preventDefault();
      actions.reset();
    });
    this.canvas.addEventListener("contextmenu", (event) => {
      // With Shift, the browser's own.
      if (!event.shiftKey && actions.menu(...this.at(event), event)) {
        event.preventDefault();
      }
    });
    this.canvas.addEventListener("wheel", (event) => this.onWheel(event), {passive: false});
    this.canvas.addEventListener("keydown", () => this.el.classList.remove("by-pointer"));
    this.canvas.addEventListener("blur", () => this.el.classList.remove("by-pointer"));
  }

  get width(): number {
    return this.scroller.clientWidth;
  }

  get height(): number {
    return this.scroller.clientHeight;
  }

  get scroll(): number {
    return this.scroller.scrollTop;
  }

  set scroll(top: number) {
    this.scroller.scrollTop = top;
  }

  /** All rows, and how much of them is shown at most. */
  setHeight(rows: number, most: number): void {
    this.spacer.style.height = `${rows}px`;
    this.scroller.style.height = `${Math.min(rows, most)}px`;
    this.hintMore();
  }

  /** Scrolls as little as needed to show this band. */
  reveal(top: number, height: number): void {
    if (top < this.scroll) {
      this.scroll = top;
    } else if (top + height > this.scroll + this.height) {
      this.scroll = top + height - this.height;
    }
  }

  /** Whether a message stands in place of the picture, where it can be read. */
  get isSaying(): boolean {
    return this.message.clientWidth > 0;
  }

  /** In place of the picture. */
  say(text: string | null, role: "alert" | "status" = "status"): void {
    this.message.hidden = text === null;
    this.scroller.hidden = text !== null;
    this.message.textContent = text ?? "";
    this.message.setAttribute("role", role);
  }

  dispose(): void {
    this.observer.disconnect();
  }

  /** A shadow at the edge beyond which there are more rows: scroll bars may be hidden. */
  private hintMore(): void {
    const {scrollTop, clientHeight} = this.scroller;
    this.el.classList.toggle("more-above", scrollTop > 1);
    // Not the scroller's own height of its content: that has the canvas in it, as it was before.
    this.el.classList.toggle("more-below", scrollTop + clientHeight < this.spacer.clientHeight - 1);
  }

  private at(event: MouseEvent): [x: number, y: number] {
    const box = this.canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top + this.scroll];
  }

  private onDown(event: PointerEvent): void {
    if (event.button !== 0) {
      return;
    }
    // The ring around the canvas is for those who go by keys.
    this.el.classList.add("by-pointer");
    this.canvas.focus({preventScroll: true});
    const {clientX: x, clientY: y} = event;
    this.press = {x, y, lastX: x, lastY: y, moved: false};
  }

  private onMove(event: PointerEvent): void {
    const {press} = this;
    if (press === null) {
      this.actions.hover(...this.at(event), event);
      return;
    }
    if (!press.moved && Math.hypot(event.clientX - press.x, event.clientY - press.y) > SLOP) {
      press.moved = true;
      // Not before: a captured pointer would turn every double click's target into the canvas's own.
      this.canvas.setPointerCapture(event.pointerId);
      this.canvas.classList.add("dragging");
      this.actions.leave();
    }
    if (press.moved) {
      this.actions.pan(press.lastX - event.clientX);
      if (event.pointerType !== "touch") {
        this.scroller.scrollTop += press.lastY - event.clientY;
      }
      press.lastX = event.clientX;
      press.lastY = event.clientY;
    }
  }

  private onUp(event: PointerEvent): void {
    const clicked = this.press !== null && !this.press.moved;
    this.release();
    // The second click of a double click shows all: it must not zoom first.
    if (clicked && event.button === 0 && !this.isSecond(event)) {
      this.actions.click(...this.at(event));
    }
  }

  private lastClick = {time: -Infinity, x: 0, y: 0};

  private isSecond(event: PointerEvent): boolean {
    const {time, x, y} = this.lastClick;
    const second = event.timeStamp - time < 350 && Math.hypot(event.clientX - x, event.clientY - y) < SLOP;
    this.lastClick = {time: second ? -Infinity : event.timeStamp, x: event.clientX, y: event.clientY};
    return second;
  }

  private release(): void {
    this.press = null;
    this.canvas.classList.remove("dragging");
  }

  private onWheel(event: WheelEvent): void {
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      event.stopPropagation();
      const delta = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? event.deltaY * LINE : event.deltaY;
      this.actions.zoom(this.at(event)[0], Math.exp(Math.max(-400, Math.min(400, delta)) * WHEEL));
    } else if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      event.preventDefault();
      this.actions.pan(event.deltaX);
    } else {
      this.actions.leave();
    }
  }
}
