// The flame chart: the stacks of one thread in the order of time.
import {threadLabel} from "../../core/labels";
import type {Lanes} from "../../core/timeline";
import {counted, noneOf} from "../../core/words";
import {element, replace} from "../dom";
import {idOf, type ChartAnswer} from "../engine";
import {GraphPane} from "../pane";
import {Scene} from "../scene";
import {queryOf} from "../settings";
import {TimeAxis} from "../timeline/axis";
import {lookOf, paneActions, type MainView, type Shell} from "./shell";

export class ChartMain implements MainView {
  readonly el = element("div", {class: "main"});
  readonly pane: GraphPane;
  private readonly axis = new TimeAxis();
  private readonly choice = element("select", {"aria-label": "Thread of the flame chart"});
  private readonly about = element("span", {class: "amount"});
  private readonly head = element("div", {class: "pane-head"}, element("span", {}, "Stacks over time of"), this.choice, this.about);
  private thread = -1;
  private from = 0;

  constructor(private readonly shell: Shell) {
    this.pane = new GraphPane(
      {
        ...paneActions(shell),
        moved: () => {
          this.showAxis();
          shell.moved();
        },
        resized: () => {
          this.showAxis();
          shell.resized();
        },
      },
      shell.dress,
      shell.tip,
    );
    this.choice.addEventListener("change", () => {
      this.thread = Number(this.choice.value);
      this.refresh();
    });
    this.el.append(this.head, this.axis.el, this.pane.el);
  }

  get panes(): readonly GraphPane[] {
    return [this.pane];
  }

  refresh(): void {
    const {engine, settings} = this.shell;
    // One bin: how much each thread has, and where the recording ends.
    engine?.lanes(queryOf(settings), 1, (lanes) => this.choose(lanes));
  }

  redress(): void {
    this.pane.show(this.look);
  }

  research(): void {
    this.pane.search(this.shell.settings.pattern);
  }

  light(): void {
    const {scene} = this.pane;
    if (scene !== null) {
      this.pane.light(idOf(scene.tables, this.shell.settings.chosen));
    }
  }

  dispose(): void {
    this.pane.dispose();
  }

  /** Time runs from left to right; callees hang below their callers, as in other tools. */
  private get look(): ReturnType<typeof lookOf> {
    return lookOf(this.shell.settings);
  }

  private choose(lanes: Lanes): void {
    const {engine, settings} = this.shell;
    const busy = lanes.threads.map((thread, lane) => ({thread, size: sizeOf(lanes, lane)})).filter(({size}) => size > 0);
    if (engine === null || busy.length === 0) {
      this.pane.stage.say(noneOf(engine?.tables.meta.noun ?? "samples"));
      return;
    }
    busy.sort((a, b) => b.size - a.size);
    if (!busy.some(({thread}) => thread === this.thread)) {
      this.thread = busy[0].thread;
    }
    replace(
      this.choice,
      ...busy.map(({thread}) => {
        const option = element("option", {value: thread}, threadLabel(engine.tables.threads, thread));
        option.selected = thread === this.thread;
        return option;
      }),
    );
    let [from, to] = [lanes.from, lanes.to];
    for (const filter of settings.filters) {
      if (filter.kind === "time") {
        [from, to] = [Math.max(from, filter.from), Math.min(to, filter.to)];
      }
    }
    engine.chart(queryOf(settings), this.thread, from, Math.max(to, from + 1), (chart) => this.open(chart));
  }

  private open({tables, tree, boxes, states, from, to, refusal}: ChartAnswer): void {
    const {settings} = this.shell;
    this.from = from;
    const shifted = {...boxes, x: boxes.x.map((x) => x - from), extent: to - from};
    const options = {merge: settings.merge, inverted: false, splitThreads: false};
    const scene = Scene.inTime(tables, tree, shifted, options, states);
    const {noun} = tables.meta;
    this.about.textContent = counted(tree.totalSamples[0], noun);
    this.pane.open(scene, this.look, settings.pattern, noneOf(noun));
    if (refusal) {
      this.pane.stage.say(refusal);
    }
    this.pane.stage.canvas.setAttribute(
      "aria-label",
      `Flame chart of ${threadLabel(tables.threads, this.thread)}: its stacks in the order of time. ` +
        "Arrow keys go from frame to frame, Enter zooms, Escape shows all.",
    );
    this.light();
    this.showAxis();
    this.shell.shown();
  }

  private showAxis(): void {
    const {x0, x1} = this.pane.at.camera;
    this.axis.show(this.from + x0, this.from + x1, this.pane.stage.width);
  }
}

function sizeOf({counts, states, bins}: Lanes, lane: number): number {
  let sum = 0;
  for (let at = lane * states * bins; at < (lane + 1) * states * bins; at++) {
    sum += counts[at];
  }
  return sum;
}
