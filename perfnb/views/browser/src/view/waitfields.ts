// The part of the row of filters that is about waits: how long they last, and what they are for.
import {formatLength, parseLength} from "../core/length";
import type {Tables} from "../core/tables";
import {element, replace} from "./dom";
import {find, withFilter, withoutKind} from "./edits";
import type {Change, Settings} from "./settings";
import {reasonsIn} from "./waitmenus";

/** More reasons than these are in the menu only. */
const MOST_REASONS = 12;
const BOUNDS = ["from", "to"] as const;

export class WaitFields {
  readonly el = element("div", {class: "filterbox-waits", hidden: true});
  private readonly from = field("Lasting at least", "1 ms");
  private readonly to = field("Lasting less than", "any");
  private readonly wrong = element("span", {class: "filter-error", role: "status"});
  private readonly lengths = element(
    "span",
    {class: "filterbox-group", role: "group", "aria-label": "How long"},
    element("span", {}, "Lasting ≥"),
    this.from,
    element("span", {}, "<"),
    this.to,
    this.wrong,
  );
  private readonly reasons = element("span", {class: "filterbox-group", role: "group", "aria-label": "Waiting for"});
  private readonly buttons = new Map<string, HTMLButtonElement>();
  private settings: Settings | null = null;
  private listed: Tables | null = null;

  constructor(private readonly change: Change) {
    for (const bound of BOUNDS) {
      this[bound].addEventListener("change", () => this.apply());
      this[bound].addEventListener("input", () => this.check());
    }
    this.el.append(this.lengths, this.reasons);
  }

  show(tables: Tables, settings: Settings): void {
    this.settings = settings;
    if (tables !== this.listed) {
      this.listed = tables;
      this.list(tables);
    }
    const one = find(settings.filters, "duration");
    for (const bound of BOUNDS) {
      const ns = one?.[bound];
      // What is being typed is not overwritten with the same in other words.
      if (parseLength(this[bound].value) !== (ns ?? null)) {
        this[bound].value = ns === undefined ? "" : formatLength(ns);
      }
    }
    this.check();
    const chosen = find(settings.filters, "reason")?.reasons ?? [];
    this.buttons.forEach((button, name) => button.setAttribute("aria-pressed", String(chosen.includes(name))));
  }

  focus(what: "length" | "reason"): void {
    const first = this.buttons.values().next().value;
    (what === "reason" && first !== undefined ? first : this.from).focus();
  }

  private list(tables: Tables): void {
    this.buttons.clear();
    const reasons = reasonsIn(tables).slice(0, MOST_REASONS);
    for (const {name, share} of reasons) {
      const part = share.replace(/^ — /, "");
      const text = [element("span", {}, name), part === "" ? null : element("span", {class: "legend-value"}, part)];
      const button = element("button", {type: "button", class: "button", "aria-pressed": "false"}, ...text);
      button.addEventListener("click", () => this.toggle(name));
      this.buttons.set(name, button);
    }
    replace(this.reasons, element("span", {}, "Waiting for"), ...this.buttons.values());
    this.lengths.hidden = tables.samples.duration === null;
    this.reasons.hidden = reasons.length === 0;
    this.el.hidden = this.lengths.hidden && this.reasons.hidden;
  }

  private toggle(name: string): void {
    const filters = this.settings?.filters ?? [];
    const chosen = find(filters, "reason")?.reasons ?? [];
    const reasons = chosen.includes(name) ? chosen.filter((other) => other !== name) : [...chosen, name];
    this.change({
      filters: reasons.length === 0 ? withoutKind(filters, "reason") : withFilter(filters, {kind: "reason", reasons}),
    });
  }

  /** Says in the fields what cannot be read; true if both can. */
  private check(): boolean {
    const wrong = BOUNDS.filter((bound) => this[bound].value.trim() !== "" && parseLength(this[bound].value) === null);
    for (const bound of BOUNDS) {
      this[bound].setAttribute("aria-invalid", String(wrong.includes(bound)));
    }
    this.wrong.textContent = wrong.length > 0 ? "a number with its unit, such as 2.5 ms" : "";
    return wrong.length === 0;
  }

  private apply(): void {
    if (!this.check()) {
      return;
    }
    const filters = this.settings?.filters ?? [];
    const [from, to] = BOUNDS.map((bound) => parseLength(this[bound].value) ?? undefined);
    const filter = {kind: "duration" as const, ...(from === undefined ? {} : {from}), ...(to === undefined ? {} : {to})};
    const none = from === undefined && to === undefined;
    this.change({filters: none ? withoutKind(filters, "duration") : withFilter(filters, filter)});
  }
}

function field(label: string, placeholder: string): HTMLInputElement {
  const attributes = {type: "text", class: "filterbox-length", spellcheck: "false", autocomplete: "off"};
  return element("input", {...attributes, placeholder, "aria-label": label});
}
