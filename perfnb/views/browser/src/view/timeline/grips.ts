// The handles of the chosen range, over the lanes. Each is a slider to the keyboard.
import {formatTime} from "../../core/ticks";
import {element} from "../dom";
import {pressed, type Bounds, type Grip} from "./brush";
import type {Range} from "./types";

const NAMES: Readonly<Record<Grip, string>> = {
  start: "Start of the time range",
  whole: "Time range",
  end: "End of the time range",
};

export class Grips {
  private readonly grips = {start: grip("start"), whole: grip("whole"), end: grip("end")};
  private readonly crosshair = element("div", {class: "tl-crosshair", hidden: true});
  readonly el = element("div", {class: "tl-over"}, this.crosshair, this.grips.start, this.grips.whole, this.grips.end);
  private range: Range | null = null;
  private bounds: Bounds | null = null;

  constructor(set: (range: Range | null) => void) {
    for (const [name, el] of Object.entries(this.grips) as [Grip, HTMLElement][]) {
      el.addEventListener("keydown", (event) => {
        if (this.bounds === null || event.ctrlKey || event.metaKey || event.altKey) {
          return;
        }
        const range = pressed(event.key, event.shiftKey, name, this.range, this.bounds);
        if (range !== undefined) {
          event.preventDefault();
          event.stopPropagation();
          set(range);
        }
      });
    }
  }

  show(range: Range | null, bounds: Bounds, left: number, width: number): void {
    this.range = range;
    this.bounds = bounds;
    this.el.style.left = `${left}px`;
    this.el.style.width = `${width}px`;
    this.el.classList.toggle("tl-set", range !== null);
    const span = bounds.to - bounds.from;
    const [from, to] = range ?? [bounds.from, bounds.to];
    const [x0, x1] = [from, to].map((at) => (span > 0 ? ((at - bounds.from) / span) * width : 0));
    const {start, whole, end} = this.grips;
    start.style.transform = `translateX(${x0}px)`;
    end.style.transform = `translateX(${x1}px)`;
    whole.style.left = `${x0}px`;
    whole.style.width = `${x1 - x0}px`;
    if (range === null && (whole.getRootNode() as Partial<DocumentOrShadowRoot>).activeElement === whole) {
      // There is nothing left to move, and the keyboard must not be lost.
      start.focus({preventScroll: true});
    }
    whole.hidden = range === null;
    say(start, bounds.from, Math.max(bounds.from, to - bounds.least), from, formatTime(from, span));
    say(end, Math.min(bounds.to, from + bounds.least), bounds.to, to, formatTime(to, span));
    const [a, b] = [formatTime(from, span), formatTime(to, span)];
    say(whole, bounds.from, Math.max(bounds.from, bounds.to - (to - from)), from, `${a} to ${b}`);
  }

  point(x: number | null): void {
    this.crosshair.hidden = x === null;
    if (x !== null) {
      this.crosshair.style.transform = `translateX(${x}px)`;
    }
  }

  /** After the pointer has made a range, keys go on with it. */
  focus(): void {
    this.grips.whole.focus({preventScroll: true});
  }

  /** The handle under the pointer. */
  of(target: EventTarget | null): Grip | null {
    const found = Object.entries(this.grips).find(([, el]) => el === target);
    return found === undefined ? null : (found[0] as Grip);
  }
}

function grip(name: Grip): HTMLElement {
  return element("div", {class: `tl-grip tl-${name}`, role: "slider", tabindex: 0, "aria-label": NAMES[name]});
}

function say(el: HTMLElement, least: number, most: number, now: number, text: string): void {
  el.setAttribute("aria-valuemin", String(least));
  el.setAttribute("aria-valuemax", String(most));
  el.setAttribute("aria-valuenow", String(now));
  el.setAttribute("aria-valuetext", text);
}
