// The flame graph: merged stacks, with the way to the zoomed frame above them.
import {ROOT} from "../../core/calltree";
import {formatValue} from "../../core/format";
import {noneOf} from "../../core/words";
import {Crumbs} from "../crumbs";
import {element} from "../dom";
import {idOf} from "../engine";
import {GraphPane} from "../pane";
import type {Scene} from "../scene";
import {queryOf} from "../settings";
import {lookOf, paneActions, type MainView, type Shell} from "./shell";

export class FlameMain implements MainView {
  readonly el = element("div", {class: "main"});
  readonly pane: GraphPane;
  private readonly crumbs = new Crumbs((node) => this.pane.zoomTo(node));

  constructor(private readonly shell: Shell) {
    this.pane = new GraphPane(
      {
        ...paneActions(shell, () => this.focused()),
        resized: () => {
          this.showPath();
          shell.resized();
        },
      },
      shell.dress,
      shell.tip,
    );
    this.el.append(this.crumbs.el, this.pane.el);
  }

  get panes(): readonly GraphPane[] {
    return [this.pane];
  }

  refresh(): void {
    const {engine, settings} = this.shell;
    engine?.tree(queryOf(settings), (scene) => this.open(scene));
  }

  redress(): void {
    this.pane.show(lookOf(this.shell.settings));
    this.describe();
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

  private open(scene: Scene): void {
    const {settings} = this.shell;
    this.pane.open(scene, lookOf(settings), settings.pattern, noneOf(scene.tables.meta.noun));
    this.light();
    this.showPath();
    this.describe();
    this.shell.shown();
  }

  private focused(): void {
    const {scene, at} = this.pane;
    if (scene === null) {
      return;
    }
    this.showPath();
    this.shell.focused(at.path);
    if (!scene.complete) {
      const {engine, settings} = this.shell;
      engine?.closer(queryOf(settings), scene, at.focus, (closer) => this.open(closer));
    }
  }

  private showPath(): void {
    if (this.pane.scene !== null) {
      this.crumbs.show(this.pane.scene, this.pane.at.focus);
    }
  }

  private describe(): void {
    const {scene} = this.pane;
    const {settings} = this.shell;
    if (scene !== null) {
      const {tree, measure} = scene;
      this.pane.stage.canvas.setAttribute(
        "aria-label",
        `${settings.title || "Flame graph"}: ${formatValue(tree.total[ROOT], measure.unit)} ${measure.kind}. ` +
          "Arrow keys go from frame to frame, Enter zooms, Escape shows all, M lists what can be done.",
      );
    }
  }
}
