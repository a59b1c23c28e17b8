// The views that stand in the middle, one at a time, each made when it is first seen.
import type {ViewName} from "../settings";
import {ChartMain} from "./chart";
import {FlameMain} from "./flame";
import {SandwichMain} from "./sandwich";
import type {MainView, Shell} from "./shell";
import {SourceMain} from "./source";

const KINDS = {flame: FlameMain, chart: ChartMain, sandwich: SandwichMain, source: SourceMain} as const;

export class Views {
  private readonly made = new Map<ViewName, MainView>();
  /** Those that have to ask for their numbers anew when they are next seen. */
  private readonly stale = new Set<ViewName>();

  constructor(
    private readonly shell: Shell,
    private readonly middle: HTMLElement,
  ) {}

  get(name: ViewName): MainView {
    let view = this.made.get(name);
    if (view === undefined) {
      view = new KINDS[name](this.shell);
      this.made.set(name, view);
      this.stale.add(name);
      this.middle.append(view.el);
    }
    return view;
  }

  /** Undefined if it has not been seen yet. */
  known(name: ViewName): MainView | undefined {
    return this.made.get(name);
  }

  get source(): SourceMain | null {
    const view = this.made.get("source");
    return view instanceof SourceMain ? view : null;
  }

  outdate(except: ViewName | null = null): void {
    for (const name of this.made.keys()) {
      if (name !== except) {
        this.stale.add(name);
      }
    }
  }

  /** Puts a view into the middle, with numbers that are new. One that cannot have them asks again. */
  show(name: ViewName): void {
    const view = this.get(name);
    for (const [other, each] of this.made) {
      each.el.hidden = other !== name;
    }
    if (this.stale.has(name)) {
      view.refresh();
      this.stale.delete(name);
    }
  }

  dispose(): void {
    for (const view of this.made.values()) {
      view.dispose();
    }
  }
}
