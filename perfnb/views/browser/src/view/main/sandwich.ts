// The sandwich: who calls a function, above, and what it calls, below.
import {ROOT} from "../../core/calltree";
import {formatValue} from "../../core/format";
import {counted, noneOf} from "../../core/words";
import {element, replace} from "../dom";
import {idOf, sameRef, type FunctionRef} from "../engine";
import {GraphPane} from "../pane";
import type {Scene} from "../scene";
import {queryOf} from "../settings";
import {lookOf, paneActions, target, type MainView, type Shell} from "./shell";

export class SandwichMain implements MainView {
  readonly el = element("div", {class: "main sandwich"});
  private readonly head = element("div", {class: "pane-head"});
  private readonly callers: GraphPane;
  private readonly callees: GraphPane;
  private shown: FunctionRef | null = null;

  constructor(private readonly shell: Shell) {
    // A click zooms and marks within the sandwich; the function in its middle stays until another is asked for.
    const actions = {...paneActions(shell), chosen: () => undefined, cleared: () => undefined};
    this.callers = new GraphPane(actions, shell.dress, shell.tip);
    this.callees = new GraphPane(actions, shell.dress, shell.tip);
    const part = (label: string, pane: GraphPane): HTMLElement =>
      element("section", {"aria-label": label}, element("div", {class: "pane-title", "aria-hidden": "true"}, label), pane.el);
    this.el.append(this.head, part("Callers", this.callers), part("Callees", this.callees));
  }

  get panes(): readonly GraphPane[] {
    return [this.callees, this.callers];
  }

  refresh(): void {
    target(this.shell, (ref) => this.ask(ref));
  }

  redress(): void {
    const {settings} = this.shell;
    const look = lookOf(settings);
    const maxRowsHeight = Math.max(120, Math.round(look.maxRowsHeight / 2));
    this.callers.show({...look, maxRowsHeight, orientation: "flame"});
    this.callees.show({...look, maxRowsHeight, orientation: "icicle"});
  }

  research(): void {
    for (const pane of this.panes) {
      pane.search(this.shell.settings.pattern);
    }
  }

  light(): void {
    if (!sameRef(this.shell.settings.chosen, this.shown)) {
      this.refresh();
    }
  }

  dispose(): void {
    for (const pane of this.panes) {
      pane.dispose();
    }
  }

  private ask(ref: FunctionRef | null): void {
    const {engine, settings} = this.shell;
    this.shown = ref;
    if (ref === null) {
      const nothing = noneOf(engine?.tables.meta.noun ?? "samples");
      replace(this.head, nothing);
      for (const pane of this.panes) {
        pane.stage.say(nothing);
      }
      return;
    }
    engine?.sandwich(queryOf(settings), ref, (callers, callees) => this.open(ref, callers, callees));
  }

  private open(ref: FunctionRef, callers: Scene, callees: Scene): void {
    const {settings} = this.shell;
    const empty = `${ref.name} has no ${callees.tables.meta.noun} in this selection`;
    const look = lookOf(settings);
    this.callers.open(callers, look, settings.pattern, empty);
    this.callees.open(callees, look, settings.pattern, empty);
    this.redress();
    for (const pane of this.panes) {
      pane.light(idOf(pane.scene!.tables, ref));
      pane.stage.canvas.setAttribute(
        "aria-label",
        `${pane === this.callers ? "Callers" : "Callees"} of ${ref.name}. Arrow keys go from frame to frame, Enter zooms, Escape shows all.`,
      );
    }
    const {tree, measure, tables} = callees;
    const amount = [`${formatValue(tree.total[ROOT], measure.unit)} ${measure.kind} in ${ref.name} and what it calls`];
    if (tables.counted) {
      amount.push(counted(tree.totalSamples[ROOT], tables.meta.noun));
    }
    replace(
      this.head,
      element("strong", {}, ref.name),
      element("span", {class: "amount place"}, ref.file || ref.module),
      element("span", {class: "amount"}, amount.join(" · ")),
    );
    this.shell.shown();
  }
}
