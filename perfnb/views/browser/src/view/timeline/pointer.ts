// What the pointer does over the lanes: choosing a range of time, and looking at a moment.
import {between, shifted, type Bounds, type Grip} from "./brush";
import type {Range} from "./types";

export interface PointerActions {
  /** Where in the plot; null if it is not over it. */
  place(event: MouseEvent): {readonly x: number; readonly y: number} | null;
  /** Also where the pointer, being held, has left the plot. */
  x(event: MouseEvent): number;
  timeAt(x: number): number;
  pixelAt(time: number): number;
  grip(target: EventTarget | null): Grip | null;
  range(): Range | null;
  bounds(): Bounds | null;
  drag(range: Range | null, event: PointerEvent): void;
  dropped(): void;
  clear(): void;
  hover(x: number, y: number, event: PointerEvent): void;
  leave(): void;
}

/** A press that moves less than this is a click. */
const SLOP = 3;
/** How near to an edge of the range one must come to hold it. */
const REACH = {mouse: 5, touch: 16} as const;

interface Press {
  readonly x: number;
  readonly time: number;
  readonly grip: Grip | "new";
  readonly range: Range | null;
  moved: boolean;
}

export class Pointer {
  private press: Press | null = null;

  constructor(
    private readonly el: HTMLElement,
    private readonly actions: PointerActions,
  ) {
    el.addEventListener("pointerdown", (event) => this.onDown(event));
    el.addEventListener("pointermove", (event) => this.onMove(event));
    el.addEventListener("pointerup", (event) => this.onUp(event));
    el.addEventListener("pointercancel", () => this.release());
    el.addEventListener("pointerleave", () => this.press ?? actions.leave());
    el.addEventListener("dblclick", (event) => {
      if (actions.place(event) !== null) {
        event.preventDefault();
        actions.clear();
      }
    });
  }

  get isDragging(): boolean {
    return this.press?.moved === true;
  }

  /** Ends a drag where it is. */
  release(): void {
    this.press = null;
    this.el.classList.remove("tl-moving");
  }

  private onDown(event: PointerEvent): void {
    const place = this.actions.place(event);
    if (event.button !== 0 || place === null || this.actions.bounds() === null || this.press !== null) {
      return;
    }
    const {x} = place;
    const range = this.actions.range();
    this.press = {x, time: this.actions.timeAt(x), grip: this.gripAt(x, event), range, moved: false};
  }

  private onMove(event: PointerEvent): void {
    const {press, actions} = this;
    const place = actions.place(event);
    if (press === null) {
      if (place === null) {
        actions.leave();
      } else {
        const grip = this.gripAt(place.x, event);
        this.el.dataset["tlCursor"] = grip === "start" || grip === "end" ? "edge" : grip;
        actions.hover(place.x, place.y, event);
      }
      return;
    }
    const bounds = actions.bounds();
    const x = actions.x(event);
    if (!press.moved && Math.abs(x - press.x) > SLOP) {
      press.moved = true;
      this.el.setPointerCapture(event.pointerId);
      this.el.classList.add("tl-moving");
      actions.leave();
    }
    if (press.moved && bounds !== null) {
      actions.drag(dragged(press, actions.timeAt(x), bounds), event);
    }
  }

  private onUp(event: PointerEvent): void {
    const {press} = this;
    this.release();
    if (press === null) {
      return;
    }
    if (press.moved) {
      this.actions.dropped();
    } else if (press.grip === "new" && press.range !== null) {
      this.actions.clear();
    }
    if (event.pointerType === "touch") {
      this.actions.leave();
    }
  }

  private gripAt(x: number, event: PointerEvent): Grip | "new" {
    const held = this.actions.grip(event.target);
    const range = this.actions.range();
    if (held === "start" || held === "end" || range === null) {
      return held ?? "new";
    }
    const reach = event.pointerType === "touch" ? REACH.touch : REACH.mouse;
    const [from, to] = range.map((time) => this.actions.pixelAt(time));
    const [before, after] = [Math.abs(x - from), Math.abs(x - to)];
    if (Math.min(before, after) <= reach) {
      return before < after ? "start" : "end";
    }
    return x > from && x < to ? "whole" : "new";
  }
}

function dragged({grip, time, range}: Press, at: number, bounds: Bounds): Range | null {
  const [from, to] = range ?? [bounds.from, bounds.to];
  switch (grip) {
    case "new":
      return between(time, at, bounds);
    // Held beside the edge, it is moved by as much as the pointer moves.
    case "start":
      return between(to, from + at - time, bounds);
    case "end":
      return between(from, to + at - time, bounds);
    case "whole":
      return shifted([from, to], at - time, bounds);
  }
}
