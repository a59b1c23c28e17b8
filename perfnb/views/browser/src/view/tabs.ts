// Which view stands in the middle, and which ones stand beside it.
import {element, icon, ICONS} from "./dom";
import type {Change, Settings, ViewName} from "./settings";

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

  constructor(private readonly change: Change, panel: string) {
    const list = element("div", {class: "tabs", role: "tablist", "aria-label": "View"});
    for (const [name, label, title] of VIEWS) {
      const tab = element("button", {type: "button", role: "tab", title, "aria-controls": panel}, label);
      tab.addEventListener("click", () => change({view: name}));
      this.tabs.set(name, tab);
      list.append(tab);
    }
    list.addEventListener("keydown", (event) => this.onKey(event));
    this.el = element("div", {class: "views"}, list, element("div", {class: "beside"}, this.timeline, this.table));
  }

  show({view, timeline, table}: Settings, hasTimes: boolean): void {
    for (const [name, tab] of this.tabs) {
      const chosen = name === view;
      tab.setAttribute("aria-selected", String(chosen));
      tab.tabIndex = chosen ? 0 : -1;
    }
    this.tabs.get("chart")!.hidden = this.timeline.hidden = !hasTimes;
    this.timeline.setAttribute("aria-pressed", String(timeline));
    this.timeline.onclick = () => this.change({timeline: !timeline});
    this.table.setAttribute("aria-pressed", String(table));
    this.table.onclick = () => this.change({table: !table});
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
