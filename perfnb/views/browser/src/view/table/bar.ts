// What stands above the rows: the table's own filter, the search's matches only, copying.
import {formatCount} from "../../core/format";
import {element, icon, ICONS, replace} from "../dom";

export interface BarActions {
  filter(pattern: string): void;
  onlyMatches(on: boolean): void;
  copy(): void;
  /** From the filter down into the rows. */
  leave(): void;
}

/** Waits for a pause in typing. */
const PAUSE_MS = 80;

export class Bar {
  readonly el: HTMLElement;
  readonly copy = element(
    "button",
    {type: "button", class: "tb-button", title: "Copy the rows as a table, for a spreadsheet"},
    "Copy",
  );
  private readonly input: HTMLInputElement;
  private readonly field: HTMLElement;
  private readonly problem: HTMLElement;
  private readonly clear = element(
    "button",
    {type: "button", class: "tb-clear", "aria-label": "Clear the filter", title: "Clear (Esc)", hidden: true},
    icon(...ICONS.clear),
  );
  private readonly only = element("button", {type: "button", class: "tb-button", "aria-pressed": "false", hidden: true});
  private timer = 0;

  constructor(
    prefix: string,
    private readonly actions: BarActions,
  ) {
    this.problem = element("span", {class: "tb-problem", id: `${prefix}-problem`, role: "status"});
    this.input = element("input", {
      type: "text",
      placeholder: "Filter functions",
      "aria-label": "Filter functions by regular expression",
      "aria-describedby": this.problem.id,
      spellcheck: "false",
      autocomplete: "off",
    });
    this.field = element("div", {class: "tb-filter"}, icon(...ICONS.search), this.input, this.problem, this.clear);
    this.el = element("div", {class: "tb-bar-line"}, this.field, this.only, this.copy);
    this.input.addEventListener("input", () => {
      window.clearTimeout(this.timer);
      this.timer = window.setTimeout(() => this.commit(), PAUSE_MS);
    });
    this.input.addEventListener("keydown", (event) => this.onKey(event));
    this.field.addEventListener("click", (event) => event.target !== this.clear && this.input.focus());
    this.clear.addEventListener("click", () => this.empty());
    this.only.addEventListener("click", () => actions.onlyMatches(this.only.getAttribute("aria-pressed") !== "true"));
    this.copy.addEventListener("click", () => actions.copy());
  }

  /** Tells why the filter cannot be read; null if it can. */
  complain(problem: string | null): void {
    this.field.classList.toggle("tb-invalid", problem !== null);
    this.input.setAttribute("aria-invalid", String(problem !== null));
    this.problem.textContent = problem === null ? "" : "not a valid pattern";
    this.problem.title = problem ?? "";
  }

  /** `count` rows match the search; null if nothing is searched for. */
  offerMatches(count: number | null, on: boolean): void {
    this.only.hidden = count === null;
    const text = `matches (${formatCount(count ?? 0)})`;
    replace(this.only, element("span", {class: "tb-wide"}, "Only "), element("span", {class: "tb-rest"}, text));
    this.only.setAttribute("aria-label", `Only ${text}`);
    this.only.title = "Only the functions that the search above finds";
    this.only.setAttribute("aria-pressed", String(on));
  }

  get invalid(): string | null {
    return this.problem.title || null;
  }

  dispose(): void {
    window.clearTimeout(this.timer);
  }

  private commit(): void {
    window.clearTimeout(this.timer);
    this.clear.hidden = this.input.value === "";
    this.actions.filter(this.input.value);
  }

  private empty(): void {
    this.input.value = "";
    this.commit();
    this.input.focus();
  }

  private onKey(event: KeyboardEvent): void {
    if (event.isComposing) {
      return;
    }
    if (event.key === "Enter" || event.key === "ArrowDown") {
      this.commit();
      this.actions.leave();
      event.preventDefault();
    } else if (event.key === "Escape") {
      if (this.input.value === "") {
        this.actions.leave();
      } else {
        this.empty();
      }
      event.preventDefault();
    }
  }
}
