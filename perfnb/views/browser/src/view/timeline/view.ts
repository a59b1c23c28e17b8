// Threads over time: a lane each, and a range of time to choose. It shows what it is given, and
// asks for what the reader wants; only a range being dragged is its own.
import {threadLabel} from "../../core/labels";
import {element} from "../dom";
import type {Tip} from "../tip";
import {TimeAxis} from "./axis";
import {barsOf, type Bars, type Lane} from "./bars";
import type {Bounds} from "./brush";
import {Grips} from "./grips";
import {LaneLabels} from "./labels";
import {inWords, LaneLegend} from "./legend";
import {laneNote, rangeNote, timeNote} from "./note";
import {Pointer} from "./pointer";
import {probeOf, type TimelineProbe} from "./probe";
import {rowAt, rowsOf, type Rows} from "./rows";
import {Surface, type Scenery} from "./surface";
import type {Range, TimelineActions, TimelineModel} from "./types";

/** More lanes than these are shown when asked for. */
const USUAL = 8;
/** Part of a ninth lane is seen below eight, if there is one. */
const MOST_HEIGHT = 213;
const MOST_BINS = 2000;

export class TimelineView {
  private readonly axis = new TimeAxis();
  private readonly labels: LaneLabels;
  private readonly surface: Surface;
  private readonly grips: Grips;
  private readonly main: HTMLElement;
  private readonly legend = new LaneLegend(() => this.toggle());
  readonly el = element("div", {class: "tl", role: "group", "aria-label": "Timeline"});
  private readonly pointer: Pointer;
  private readonly observer: ResizeObserver;
  private model: TimelineModel | null = null;
  private range: Range | null = null;
  private bars: Bars | null = null;
  private rows: Rows = rowsOf(0, 0);
  private width = 0;
  private asked = 0;
  private isExpanded = false;
  private telling = 0;

  constructor(
    private readonly actions: TimelineActions,
    private readonly tip: Tip,
  ) {
    this.labels = new LaneLabels((thread) => actions.lane(thread));
    this.surface = new Surface(this.labels.el, () => this.scenery());
    this.grips = new Grips((range) => this.choose(range));
    this.main = element("div", {class: "tl-main"}, this.axis.el, this.surface.el, this.grips.el);
    this.el.append(this.main, this.legend.el);
    this.pointer = new Pointer(this.main, {
      place: (event) => this.placeOf(event),
      x: (event) => event.clientX - this.surface.canvas.getBoundingClientRect().left,
      timeAt: (x) => this.timeAt(x),
      pixelAt: (time) => this.pixelAt(time),
      grip: (target) => this.grips.of(target),
      range: () => this.range,
      bounds: () => this.bounds,
      drag: (range, event) => this.drag(range, event),
      dropped: () => this.dropped(),
      clear: () => this.clear(),
      hover: (x, y, event) => this.hover(x, y, event),
      leave: () => this.leave(),
    });
    this.el.addEventListener("keydown", (event) => this.onKey(event));
    this.observer = new ResizeObserver(() => this.resized());
    this.observer.observe(this.main);
    // A scroll bar takes from the lanes' width.
    this.observer.observe(this.surface.canvas.parentElement!);
  }

  show(model: TimelineModel): void {
    const old = this.model;
    this.model = model;
    if (!this.pointer.isDragging) {
      this.range = model.range;
    }
    if (old?.theme !== model.theme) {
      this.surface.retheme();
    }
    const isSame = old?.lanes === model.lanes && old.tables === model.tables && old.theme === model.theme;
    if (isSame && old.chosen === model.chosen) {
      // What is dragged has been marked already: another frame would show the same.
      if (!this.pointer.isDragging) {
        this.mark();
      }
    } else {
      this.arrange();
    }
  }

  dispose(): void {
    this.surface.dispose();
    cancelAnimationFrame(this.telling);
    this.observer.disconnect();
    this.tip.hide();
    this.el.remove();
  }

  probe(): TimelineProbe {
    const {el, surface, axis, range, model, bars, rows, width} = this;
    const [outer, inner] = [el.getBoundingClientRect(), surface.el.getBoundingClientRect()];
    const [x, y] = [inner.left - outer.left + rows.gutter, inner.top - outer.top - surface.el.scrollTop];
    const paint = surface.lastPaint;
    return probeOf({x, y, width, model, bars, lanes: this.shown, rows, range, ticks: axis.shown, paint});
  }

  // What is shown.

  private get shown(): readonly Lane[] {
    const lanes = this.bars?.lanes ?? [];
    if (this.isExpanded || lanes.length <= USUAL) {
      return lanes;
    }
    // The chosen one is always among them.
    const chosen = lanes.slice(USUAL).filter(({thread}) => thread === this.model?.chosen);
    return [...lanes.slice(0, USUAL - chosen.length), ...chosen];
  }

  private get bounds(): Bounds | null {
    const {bars, width} = this;
    if (bars === null || !(bars.to > bars.from)) {
      return null;
    }
    return {from: bars.from, to: bars.to, least: Math.max(1, Math.round((bars.to - bars.from) / Math.max(1, width)))};
  }

  private resized(): void {
    const width = this.plotWidth();
    if (width > 0 && width !== this.width) {
      this.arrange();
    }
  }

  /** Of the lanes alone, as much as the labels and a scroll bar leave. */
  private plotWidth(): number {
    const {gutter} = rowsOf(this.shown.length, this.main.clientWidth);
    return Math.max(0, this.surface.el.clientWidth - gutter);
  }

  /** Everything, from the counts on. */
  private arrange(): void {
    this.place();
    if (this.width > 0) {
      const bins = Math.max(1, Math.min(MOST_BINS, Math.round(this.width)));
      if (bins !== this.asked) {
        this.asked = bins;
        this.actions.needs(bins);
      }
    }
    // Read only now: the lanes that were needed may be here already.
    const {model} = this;
    if (model === null) {
      return;
    }
    const {lanes, tables, theme} = model;
    this.bars = barsOf(lanes, tables.states, this.width, tables.meta.period);
    this.place();
    this.axis.show(lanes.from, lanes.to, this.width);
    this.labels.show(this.shown, tables, this.rows);
    this.labels.press(model.chosen);
    this.legend.show(this.bars, tables.states, theme, this.shown.length, USUAL);
    const names = this.shown.map(({thread}) => threadLabel(tables.threads, thread));
    this.surface.canvas.setAttribute("aria-label", inWords(this.bars, tables.states, names));
    this.mark();
  }

  private place(): void {
    this.rows = rowsOf(this.shown.length, this.main.clientWidth);
    const {gutter, total} = this.rows;
    this.el.classList.toggle("tl-narrow", gutter === 0);
    this.main.style.setProperty("--tl-gutter", `${gutter}px`);
    this.surface.setHeight(total, MOST_HEIGHT);
    this.width = this.plotWidth();
  }

  /** The range and what it leaves. */
  private mark(): void {
    const {bounds} = this;
    if (bounds !== null) {
      this.grips.show(this.range, bounds, this.rows.gutter, this.width);
    }
    this.surface.paintSoon();
  }

  private scenery(): Scenery | null {
    const {model, bars, rows, width, range} = this;
    if (model === null || bars === null) {
      return null;
    }
    const {theme, chosen, tables} = model;
    return {bars, names: tables.states, lanes: this.shown, rows, ticks: this.axis.shown, width, range, chosen, theme};
  }

  // What the reader does.

  private toggle(): void {
    this.isExpanded = !this.isExpanded;
    this.surface.el.scrollTop = 0;
    this.arrange();
  }

  private choose(range: Range | null): void {
    this.range = range;
    this.mark();
    this.actions.brush(range);
  }

  private clear(): void {
    this.pointer.release();
    cancelAnimationFrame(this.telling);
    this.telling = 0;
    this.tip.hide();
    if (this.range !== null) {
      this.choose(null);
    }
  }

  /** While the pointer moves, others are told once a frame. */
  private drag(range: Range | null, event: PointerEvent): void {
    this.range = range;
    this.mark();
    if (this.bars !== null) {
      const {from, to} = this.bars;
      this.tip.showAt(rangeNote(range ?? [from, to], this.bars), event.clientX, event.clientY);
    }
    if (this.telling === 0) {
      this.telling = requestAnimationFrame(() => this.tell());
    }
  }

  private tell(): void {
    this.telling = 0;
    this.actions.brush(this.range);
  }

  private dropped(): void {
    this.tip.hide();
    if (this.telling !== 0) {
      cancelAnimationFrame(this.telling);
      this.tell();
    }
    this.grips.focus();
  }

  private onKey(event: KeyboardEvent): void {
    if (event.key === "Escape" && (this.range !== null || this.pointer.isDragging)) {
      event.preventDefault();
      event.stopPropagation();
      this.clear();
    }
  }

  private hover(x: number, y: number, event: PointerEvent): void {
    const {model, bars} = this;
    if (model === null || bars === null) {
      return;
    }
    this.grips.point(x);
    const at = this.timeAt(x);
    const lane = this.shown[y < 0 ? -1 : rowAt(this.rows, y + this.surface.el.scrollTop)];
    const bar = barAt(bars, at);
    const note = lane === undefined ? timeNote(at, bars) : laneNote(bars, lane, bar, at, model.tables, model.theme);
    this.tip.showAt(note, event.clientX, event.clientY);
  }

  private leave(): void {
    this.grips.point(null);
    this.tip.hide();
  }

  // Places and times.

  /** From the top left corner of what is seen of the lanes; `y` is negative on the axis. */
  private placeOf(event: MouseEvent): {x: number; y: number} | null {
    const target = event.target as Element | null;
    const [box, lanes] = [this.surface.canvas.getBoundingClientRect(), this.surface.el.getBoundingClientRect()];
    const x = event.clientX - box.left;
    const isOver = x >= 0 && x <= this.width;
    if (this.grips.of(target) === null && (!isOver || target?.closest(".tl-label") !== null)) {
      return null;
    }
    return {x: Math.max(0, Math.min(this.width, x)), y: event.clientY - lanes.top};
  }

  private timeAt(x: number): number {
    const {bars, width} = this;
    return bars === null || width <= 0 ? 0 : bars.from + (x / width) * (bars.to - bars.from);
  }

  private pixelAt(time: number): number {
    const {bars, width} = this;
    return bars === null ? 0 : ((time - bars.from) / (bars.to - bars.from)) * width;
  }
}

function barAt({edges, count}: Bars, time: number): number {
  let bar = 0;
  while (bar + 1 < count && edges[bar + 1] <= time) {
    bar++;
  }
  return bar;
}
