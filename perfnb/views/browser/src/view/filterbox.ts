// Where filters are made that are about names, or are more than a menu can say: a row that opens
// below the toolbar.
import type {Filter, PatternKind} from "../core/filters";
import type {Tables} from "../core/tables";
import {element, icon, ICONS, replace} from "./dom";
import {find, withFilter, withoutKind} from "./edits";
import type {Change, Settings} from "./settings";
import {WaitFields} from "./waitfields";

const KINDS: readonly (readonly [PatternKind, string])[] = [
  ["focus", "Focus on"],
  ["keep", "Only samples with"],
  ["drop", "Drop samples with"],
  ["hide", "Hide frames"],
  ["show", "Show only frames"],
];
const MOST_MODULES = 400;

export class FilterBox {
  readonly button = element(
    "button",
    {
      type: "button",
      class: "button",
      "aria-label": "Filter",
      "aria-expanded": "false",
      title: "Filters by name and module, only my code, recursion, length and reason of waits",
    },
    icon(...ICONS.funnel),
    element("span", {class: "wide"}, "Filter"),
  );
  readonly el = element("form", {class: "filterbox", hidden: true, "aria-label": "New filter"});
  private readonly mine = toggle("Only my code", "The standard library and installed packages folded into one box");
  private readonly recursion = toggle("Collapse recursion", "A function that calls itself drawn as one box");
  private readonly modules = element("select", {"aria-label": "Only samples in a package"});
  private readonly kind = element("select", {"aria-label": "What to do with matching functions"});
  private readonly pattern = element("input", {
    type: "text",
    placeholder: "regular expression",
    "aria-label": "Regular expression for names, modules and files",
    spellcheck: "false",
    autocomplete: "off",
  });
  private readonly waits: WaitFields;
  private settings: Settings | null = null;
  private listed: Tables | null = null;

  constructor(private readonly change: Change) {
    this.waits = new WaitFields(change);
    for (const [value, label] of KINDS) {
      this.kind.append(element("option", {value}, label));
    }
    this.button.addEventListener("click", () => this.open(this.el.hidden));
    this.mine.addEventListener("click", () => this.switch({kind: "mine"}));
    this.recursion.addEventListener("click", () => this.switch({kind: "recursion"}));
    this.modules.addEventListener("change", () => this.chooseModule(this.modules.value));
    this.pattern.addEventListener("input", () => this.check());
    this.el.addEventListener("submit", (event) => {
      event.preventDefault();
      this.add();
    });
    this.el.addEventListener("keydown", (event) => {
      if (event.key === "Escape") {
        this.open(false);
        this.button.focus();
        event.stopPropagation();
      }
    });
    const add = element("button", {type: "submit", class: "button"}, "Add");
    this.el.append(
      this.mine,
      this.recursion,
      this.modules,
      element("span", {class: "filterbox-pattern"}, this.kind, this.pattern, add),
      this.waits.el,
    );
  }

  show(tables: Tables | null, settings: Settings): void {
    this.settings = settings;
    this.mine.setAttribute("aria-pressed", String(find(settings.filters, "mine") !== undefined));
    this.recursion.setAttribute("aria-pressed", String(find(settings.filters, "recursion") !== undefined));
    if (tables !== null && !this.el.hidden) {
      this.list(tables);
      this.waits.show(tables, settings);
    }
    this.modules.value = find(settings.filters, "module")?.module ?? "";
    this.tables = tables;
  }

  /** At the fields for waits. */
  openAt(what: "length" | "reason"): void {
    this.open(true);
    this.waits.focus(what);
  }

  private tables: Tables | null = null;

  private open(yes: boolean): void {
    this.el.hidden = !yes;
    this.button.setAttribute("aria-expanded", String(yes));
    if (yes && this.tables !== null && this.settings !== null) {
      this.show(this.tables, this.settings);
      this.pattern.focus();
    }
  }

  private list(tables: Tables): void {
    if (tables === this.listed) {
      return;
    }
    this.listed = tables;
    const packages = new Set<string>();
    for (const module of new Set(tables.functions.module)) {
      packages.add(tables.strings[module].split(".")[0]);
    }
    packages.delete("");
    const options = [...packages].sort().slice(0, MOST_MODULES).map((name) => element("option", {value: name}, name));
    replace(this.modules, element("option", {value: ""}, "All packages"), ...options);
    this.modules.hidden = packages.size < 2;
  }

  private switch(filter: Filter): void {
    const filters = this.settings?.filters ?? [];
    const on = find(filters, filter.kind) !== undefined;
    this.change({filters: on ? withoutKind(filters, filter.kind) : withFilter(filters, filter)});
  }

  private chooseModule(module: string): void {
    const filters = this.settings?.filters ?? [];
    this.change({
      filters: module === "" ? withoutKind(filters, "module") : withFilter(filters, {kind: "module", module}),
    });
  }

  /** Says in the field what is wrong with a pattern; true if it can be used. */
  private check(): boolean {
    let wrong = "";
    try {
      new RegExp(this.pattern.value, "i");
    } catch (error) {
      wrong = error instanceof Error ? error.message : String(error);
    }
    this.pattern.setAttribute("aria-invalid", String(wrong !== ""));
    this.pattern.title = wrong;
    return wrong === "" && this.pattern.value !== "";
  }

  private add(): void {
    if (this.check()) {
      const filter: Filter = {kind: this.kind.value as PatternKind, pattern: this.pattern.value};
      this.change({filters: withFilter(this.settings?.filters ?? [], filter)});
      this.pattern.value = "";
    }
  }
}

function toggle(label: string, title: string): HTMLButtonElement {
  return element("button", {type: "button", class: "button", title, "aria-pressed": "false"}, label);
}
