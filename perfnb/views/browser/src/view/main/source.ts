// The text of the chosen function, with the time of each line.
import {element} from "../dom";
import {sameRef, type FunctionRef} from "../engine";
import type {GraphPane} from "../pane";
import {queryOf} from "../settings";
import {SourceView} from "../source/view";
import {target, type MainView, type Shell} from "./shell";

export class SourceMain implements MainView {
  readonly el = element("div", {class: "main"});
  readonly panes: readonly GraphPane[] = [];
  readonly view: SourceView;
  private shown: FunctionRef | null = null;

  constructor(private readonly shell: Shell) {
    this.view = new SourceView({choose: (ref) => shell.choose(ref)}, shell.tip);
    this.el.append(this.view.el);
  }

  refresh(): void {
    const sources = this.shell.engine?.tables.sources;
    // Without a choice, the hottest function that can be read.
    target(this.shell, (ref) => this.ask(ref), ({file}) => sources?.has(file) ?? false);
  }

  redress(): void {
    this.refresh();
  }

  research(): void {
    // The text is not searched.
  }

  light(): void {
    if (!sameRef(this.shell.settings.chosen, this.shown)) {
      this.refresh();
    }
  }

  dispose(): void {
    this.view.dispose();
  }

  private ask(ref: FunctionRef | null): void {
    const {engine, settings, dress} = this.shell;
    this.shown = ref;
    if (engine === null) {
      return;
    }
    const {tables} = engine;
    if (ref === null) {
      this.view.show(null, {unit: tables.value.unit, kind: tables.value.kind, counted: tables.counted, noun: tables.meta.noun, whole: 0, theme: dress.theme});
      return;
    }
    engine.source(queryOf(settings), ref, (answer) => {
      const {value, counted, meta} = tables;
      const about = {unit: value.unit, kind: value.kind, counted, noun: meta.noun, whole: answer.whole, theme: dress.theme};
      this.view.show({ref, ...answer}, about);
      this.shell.shown();
    });
  }
}
