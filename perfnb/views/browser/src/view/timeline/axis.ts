// A strip of ticks over a span of time.
import {ticks, type Tick} from "../../core/ticks";
import {element, replace} from "../dom";

/** A label begins beside its tick, and must end within the strip. */
const BESIDE = 4;
const CHARACTER = 6.3;

export interface PlacedTick extends Tick {
  readonly x: number;
}

export class TimeAxis {
  readonly el = element("div", {class: "tl-axis", "aria-hidden": "true"});
  shown: readonly PlacedTick[] = [];

  /** `width` in pixels; nanoseconds since the start. */
  show(from: number, to: number, width: number): void {
    const scale = width / (to - from);
    this.shown = ticks(from, to, width).map((tick) => ({...tick, x: (tick.at - from) * scale}));
    const marks = this.shown.map(({x, label}) => {
      const fits = x + BESIDE + label.length * CHARACTER <= width;
      const mark = element("span", {class: "tl-tick"}, fits ? label : "");
      mark.style.left = `${x}px`;
      return mark;
    });
    replace(this.el, ...marks);
  }
}
