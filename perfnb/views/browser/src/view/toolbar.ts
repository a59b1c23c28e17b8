// The one row of controls. It shows the settings and asks for changes; it keeps none itself.
import type {Tables} from "../core/tables";
import {element, icon, ICONS, replace} from "./dom";
import {menusFor, type Menu} from "./menus";
import type {Orientation} from "./rows";
import {SearchBox, type SearchActions} from "./searchbox";
import type {Change, Settings} from "./settings";
import type {Tip} from "./tip";

const KEYS: readonly (readonly [keys: string, what: string])[] = [
  ["Click", "zoom into a frame"],
  ["Double click, Esc", "show all"],
  ["Ctrl + wheel", "zoom at the pointer"],
  ["Drag", "move"],
  ["Arrows", "go from frame to frame"],
  ["Enter", "zoom into the marked frame"],
  ["/", "search; Enter for the next match"],
];

export interface ToolbarActions extends SearchActions {
  change: Change;
  reset(): void;
}

export class Toolbar {
  readonly el = element("div", {class: "toolbar", role: "toolbar", "aria-label": "Flame graph"});
  readonly search: SearchBox;
  private readonly orientation: Record<Orientation, HTMLButtonElement>;
  private readonly inverted: HTMLButtonElement;
  private readonly reset: HTMLButtonElement;
  private readonly menus = element("div", {class: "menus"});
  private shownMenus = "";

  constructor(
    private readonly actions: ToolbarActions,
    private readonly tip: Tip,
  ) {
    this.search = new SearchBox(actions);
    this.orientation = {
      icicle: this.orientationButton("icicle", "Icicle", "Root on top"),
      flame: this.orientationButton("flame", "Flame", "Root at the bottom"),
    };
    this.inverted = element(
      "button",
      {type: "button", class: "button", title: "Leaves first: who called what is hot"},
      icon(...ICONS.invert),
      element("span", {class: "wide"}, "Invert"),
    );
    this.reset = element(
      "button",
      {type: "button", class: "button icon-only", title: "Show all (Esc)", "aria-label": "Reset zoom"},
      icon(...ICONS.reset),
    );
    this.reset.addEventListener("click", () => actions.reset());
    const segments = element(
      "div",
      {class: "segments", role: "group", "aria-label": "Direction"},
      this.orientation.icicle,
      this.orientation.flame,
    );
    this.el.append(this.search.el, segments, this.inverted, this.menus, this.reset, this.helpButton());
  }

  show(tables: Tables | null, settings: Settings, zoomed: boolean): void {
    for (const [name, button] of Object.entries(this.orientation)) {
      button.setAttribute("aria-pressed", String(settings.orientation === name));
    }
    this.inverted.setAttribute("aria-pressed", String(settings.inverted));
    this.inverted.onclick = () => this.actions.change({inverted: !settings.inverted});
    this.reset.disabled = !zoomed;
    const menus = tables === null ? [] : menusFor(tables, settings);
    // An open menu must not be replaced under the reader's pointer.
    const shown = JSON.stringify(menus);
    if (shown !== this.shownMenus) {
      this.shownMenus = shown;
      replace(this.menus, ...menus.map((menu) => this.select(menu)));
    }
  }

  private orientationButton(value: Orientation, label: string, title: string): HTMLButtonElement {
    const button = element(
      "button",
      {type: "button", title},
      icon(...ICONS[value]),
      element("span", {class: "wide"}, label),
    );
    button.addEventListener("click", () => this.actions.change({orientation: value}));
    return button;
  }

  private select({name, choices}: Menu): HTMLElement {
    const select = element("select", {"aria-label": name, title: name});
    choices.forEach(({label, chosen}, at) => {
      const option = element("option", {value: at}, label);
      option.selected = chosen;
      select.append(option);
    });
    select.addEventListener("change", () => this.actions.change(choices[Number(select.value)].patch));
    return select;
  }

  private helpButton(): HTMLElement {
    const button = element(
      "button",
      {type: "button", class: "button icon-only", "aria-label": "Mouse and keys"},
      icon(...ICONS.help),
    );
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
