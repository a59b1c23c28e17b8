// Which view stands in the middle, and which ones stand beside it.
import type {Tables} from "../core/tables";
import {element, icon, ICONS} from "./dom";
import {rowsOf, type Change, type Settings, type ViewName} from "./settings";

const VIEWS: readonly (readonly [ViewName, string, string])[] = [
  ["flame", "Flame graph", "Stacks merged: where the time goes"],
  ["chart", "Flame chart", "Stacks of one thread in the order of time"],
  ["sandwich", "Sandwich", "Who calls a function, and what it calls"],
  ["source", "Source", "The lines of a function with their times"],
];

export class Tabs {
  readonly el: HTMLElement;
  private readonly tabs = new Map<ViewName, HTMLButtonElement>();
  private readonly timeline = toggle("Timeline", "Each thread over time; drag over it to choose a range", ICONS.timeline);
  private readonly table = toggle("Table", "Functions with self and total", ICONS.table);
  private readonly threads = toggle("Threads", "What each thread did with its time", ICONS.threads);

  constructor(private readonly change: Change, panel: string) {
    const list = element("div", {class: "tabs", role: "tablist", "aria-label": "View"});
    for (const [name, label, title] of VIEWS) {
      const tab = element("button", {type: "button", role: "tab", title, "aria-controls": panel}, label);
      tab.addEventListener("click", () => change({view: name}));
      this.tabs.set(name, tab);
      list.append(tab);
    }
    list.addEventListener("keydown", (event) => this.onKey(event));
    this.el = element("div", {class: "views"}, list, element("div", {class: "beside"}, this.timeline, this.table, this.threads));
  }

  show(settings: Settings, tables: Tables | null, hasTimes: boolean): void {
    const {view, timeline} = settings;
    const rows = rowsOf(settings, tables);
    for (const [name, tab] of this.tabs) {
      const chosen = name === view;
      tab.setAttribute("aria-selected", String(chosen));
      tab.tabIndex = chosen ? 0 : -1;
    }
    this.tabs.get("chart")!.hidden = this.timeline.hidden = !hasTimes;
    this.timeline.setAttribute("aria-pressed", String(timeline));
    this.timeline.onclick = () => this.change({timeline: !timeline});
    this.threads.hidden = (tables?.threadTimes.length ?? 0) === 0;
    for (const [button, of] of [[this.table, "functions"], [this.threads, "threads"]] as const) {
      button.setAttribute("aria-pressed", String(rows === of));
      button.onclick = () => this.change(rows === of ? {table: false} : {table: true, tableRows: of});
    }
  }

  private onKey(event: KeyboardEvent): void {
    const shown = [...this.tabs].filter(([, tab]) => !tab.hidden);
    const at = shown.findIndex(([, tab]) => tab.tabIndex === 0);
    const to = {ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: shown.length - 1}[event.key];
    if (to !== undefined) {
      const [name, tab] = shown[(to + shown.length) % shown.length];
      tab.focus();
      this.change({view: name});
      event.preventDefault();
    }
  }
}

function toggle(label: string, title: string, paths: readonly string[]): HTMLButtonElement {
  return element(
    "button",
    {type: "button", class: "button", title, "aria-label": label},
    icon(...paths),
    element("span", {class: "wide"}, label),
  );
}
