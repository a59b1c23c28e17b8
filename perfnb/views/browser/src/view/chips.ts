// The filters that are in force, each with a button that takes it away.
import type {Filter} from "../core/filters";
import type {Tables} from "../core/tables";
import {copyText} from "./clipboard";
import {element, icon, ICONS, replace} from "./dom";
import {inWords, pythonOf} from "./edits";
import type {Change, Settings} from "./settings";

const MERGES = {line: "lines", function: "functions"} as const;

export class Chips {
  readonly el = element("div", {class: "filters", role: "group", "aria-label": "Filters"});
  private readonly error = element("span", {class: "filter-error", role: "alert"});
  private shown = "";

  constructor(
    private readonly change: Change,
    private readonly say: (text: string) => void,
  ) {}

  show(settings: Settings, tables: Tables | null, error: string): void {
    const {filters, merge, inverted, splitThreads} = settings;
    this.error.textContent = error;
    this.error.hidden = error === "";
    this.el.hidden = (filters.length === 0 && merge === "cell" && error === "") || tables === null;
    // The Python to copy tells the direction too.
    const shown = JSON.stringify([filters, merge, inverted, splitThreads, error]);
    // The last chip goes with the row, not before it: it may have the keyboard.
    if (tables === null || this.el.hidden || shown === this.shown) {
      return;
    }
    this.shown = shown;
    // The focus must not fall out of the component when the chip under it goes.
    const focused = this.el.contains((this.el.getRootNode() as Document | ShadowRoot).activeElement);
    const chips = filters.map((filter, at) => this.chip(filter, tables, filters.filter((_, other) => other !== at)));
    if (merge !== "cell") {
      chips.push(this.removable("Merge", MERGES[merge], {merge: "cell"}));
    }
    const copy = element(
      "button",
      {type: "button", class: "button small", title: "Copy the Python that gives the same picture"},
      icon(...ICONS.copy),
      "Copy as Python",
    );
    copy.addEventListener("click", () => {
      const text = pythonOf(settings, tables);
      copyText(text, this.el).then(
        () => this.say(`Copied: ${text}`),
        () => this.say("The browser did not allow copying"),
      );
      copy.classList.add("done");
      copy.addEventListener("blur", () => copy.classList.remove("done"), {once: true});
    });
    const all = element("button", {type: "button", class: "button small"}, "Clear");
    all.setAttribute("aria-label", "Clear all filters");
    all.addEventListener("click", () => this.change({filters: [], merge: "cell"}));
    replace(this.el, ...chips, this.error, copy, chips.length > 1 ? all : null);
    if (focused) {
      this.el.querySelector<HTMLElement>(".filter button, .button")?.focus();
    }
  }

  private chip(filter: Filter, tables: Tables, without: Filter[]): HTMLElement {
    const [what, which] = inWords(filter, tables);
    return this.removable(what, which, {filters: without});
  }

  private removable(what: string, which: string, patch: Partial<Settings>): HTMLElement {
    const remove = element(
      "button",
      {type: "button", "aria-label": `Remove filter: ${what} ${which}`.trim(), title: "Remove"},
      icon(...ICONS.clear),
    );
    remove.addEventListener("click", () => this.change(patch));
    return element(
      "span",
      {class: "filter"},
      element("span", {class: "filter-what"}, what),
      which === "" ? null : element("span", {class: "filter-which", title: which}, which),
      remove,
    );
  }
}
