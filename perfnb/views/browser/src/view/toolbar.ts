// The rows of controls. They show the settings and ask for changes; they keep none themselves.
import type {Tables} from "../core/tables";
import {element, icon, ICONS} from "./dom";
import {FilterBox} from "./filterbox";
import {menusFor, type Menu} from "./menus";
import type {Orientation} from "./rows";
import {SearchBox, type SearchActions} from "./searchbox";
import type {Change, Settings} from "./settings";
import {Tabs} from "./tabs";
import type {Tip} from "./tip";

const KEYS: readonly (readonly [keys: string, what: string])[] = [
  ["Click", "zoom into a frame"],
  ["Double click, Esc", "show all"],
  ["Right click, M", "what can be done with a frame"],
  ["Ctrl + wheel", "zoom at the pointer"],
  ["Drag", "move"],
  ["Arrows", "go from frame to frame"],
  ["Enter", "zoom into the marked frame"],
  ["/", "search; Enter for the next match"],
  ["Ctrl + Z, Ctrl + Shift + Z", "undo and redo filters"],
];

export interface ToolbarActions extends SearchActions {
  change: Change;
  reset(): void;
  undo(): void;
  redo(): void;
}

export interface ToolbarState {
  readonly tables: Tables | null;
  readonly settings: Settings;
  readonly hasTimes: boolean;
  readonly zoomed: boolean;
  readonly canUndo: boolean;
  readonly canRedo: boolean;
}

interface ShownMenu {
  readonly select: HTMLSelectElement;
  menu: Menu;
  labels: string;
}

export class Toolbar {
  readonly el = element("div", {class: "toolbar", role: "toolbar", "aria-label": "Search, direction and filters"});
  /** The row of views, above. */
  readonly views: HTMLElement;
  readonly search: SearchBox;
  readonly filters: FilterBox;
  private readonly tabs: Tabs;
  private readonly orientation: Record<Orientation, HTMLButtonElement>;
  private readonly inverted: HTMLButtonElement;
  private readonly undo = iconButton("undo", "Undo (Ctrl + Z)", "Undo");
  private readonly redo = iconButton("redo", "Redo (Ctrl + Shift + Z)", "Redo");
  private readonly reset = iconButton("reset", "Show all (Esc)", "Reset zoom");
  private readonly direction: HTMLElement;
  private readonly menus = element("div", {class: "menus"});
  private readonly shown = new Map<string, ShownMenu>();

  constructor(
    private readonly actions: ToolbarActions,
    private readonly tip: Tip,
    panel: string,
  ) {
    this.search = new SearchBox(actions);
    this.filters = new FilterBox((patch) => actions.change(patch));
    this.tabs = new Tabs((patch) => actions.change(patch), panel);
    this.orientation = {
      icicle: this.orientationButton("icicle", "Icicle", "Root on top"),
      flame: this.orientationButton("flame", "Flame", "Root at the bottom"),
    };
    this.inverted = element(
      "button",
      {type: "button", class: "button", title: "Leaves first: who called what is hot", "aria-label": "Invert"},
      icon(...ICONS.invert),
      element("span", {class: "wide"}, "Invert"),
    );
    this.undo.addEventListener("click", () => actions.undo());
    this.redo.addEventListener("click", () => actions.redo());
    this.reset.addEventListener("click", () => actions.reset());
    this.direction = element(
      "div",
      {class: "segments", role: "group", "aria-label": "Direction"},
      this.orientation.icicle,
      this.orientation.flame,
    );
    const steps = element("div", {class: "steps"}, this.undo, this.redo, this.reset, this.helpButton());
    this.views = this.tabs.el;
    this.views.append(steps);
    this.el.append(this.search.el, this.direction, this.inverted, this.menus, this.filters.button);
  }

  show({tables, settings, hasTimes, zoomed, canUndo, canRedo}: ToolbarState): void {
    for (const [name, button] of Object.entries(this.orientation)) {
      button.setAttribute("aria-pressed", String(settings.orientation === name));
    }
    this.direction.hidden = settings.view !== "flame" && settings.view !== "chart";
    this.inverted.hidden = settings.view !== "flame";
    this.inverted.setAttribute("aria-pressed", String(settings.inverted));
    this.inverted.onclick = () => this.actions.change({inverted: !settings.inverted});
    disable(this.reset, !zoomed);
    disable(this.undo, !canUndo);
    disable(this.redo, !canRedo);
    this.tabs.show(settings, tables, hasTimes);
    this.filters.show(tables, settings);
    this.showMenus(tables === null ? [] : menusFor(tables, settings));
  }

  /** Menus stay the same elements: one may be open, or have the keyboard. */
  private showMenus(menus: readonly Menu[]): void {
    for (const [name, {select}] of this.shown) {
      select.hidden = !menus.some((menu) => menu.name === name);
    }
    for (const menu of menus) {
      const known = this.shown.get(menu.name) ?? this.select(menu);
      const labels = menu.choices.map(({label}) => label).join("\n");
      if (labels !== known.labels) {
        known.labels = labels;
        known.select.replaceChildren(...menu.choices.map(({label}, at) => element("option", {value: at}, label)));
      }
      known.menu = menu;
      known.select.selectedIndex = menu.choices.findIndex(({chosen}) => chosen);
    }
  }

  private select(menu: Menu): ShownMenu {
    const select = element("select", {"aria-label": menu.name, title: menu.name});
    const shown: ShownMenu = {select, menu, labels: ""};
    select.addEventListener("change", () => this.choose(shown));
    this.shown.set(menu.name, shown);
    this.menus.append(select);
    return shown;
  }

  private choose({select, menu}: ShownMenu): void {
    const {patch, more} = menu.choices[Number(select.value)];
    if (more) {
      select.selectedIndex = menu.choices.findIndex(({chosen}) => chosen);
      this.filters.openAt(menu.name === "Reasons" ? "reason" : "length");
    } else {
      this.actions.change(patch);
    }
  }

  private orientationButton(value: Orientation, label: string, title: string): HTMLButtonElement {
    const button = element(
      "button",
      {type: "button", title, "aria-label": label},
      icon(...ICONS[value]),
      element("span", {class: "wide"}, label),
    );
    button.addEventListener("click", () => this.actions.change({orientation: value}));
    return button;
  }

  private helpButton(): HTMLElement {
    const button = iconButton("help", "", "Mouse and keys");
    const show = (): void => {
      const list = element("dl", {class: "keys"});
      for (const [keys, what] of KEYS) {
        list.append(element("dt", {}, keys), element("dd", {}, what));
      }
      this.tip.showBy(list, button);
    };
    for (const event of ["pointerenter", "focus", "click"]) {
      button.addEventListener(event, show);
    }
    for (const event of ["pointerleave", "blur"]) {
      button.addEventListener(event, () => this.tip.hide());
    }
    return button;
  }
}

function iconButton(name: keyof typeof ICONS, title: string, label: string): HTMLButtonElement {
  return element(
    "button",
    {type: "button", class: "button icon-only", title: title === "" ? null : title, "aria-label": label},
    icon(...ICONS[name]),
  );
}

/** A button that loses its use while it has the keyboard must not take the keyboard with it. */
function disable(button: HTMLButtonElement, yes: boolean): void {
  const focused = (button.getRootNode() as Document | ShadowRoot).activeElement === button;
  button.disabled = yes && !focused;
  button.setAttribute("aria-disabled", String(yes));
}
