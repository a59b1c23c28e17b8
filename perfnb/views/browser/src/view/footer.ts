// How far the picture can be trusted: what was asked of the profiler, what it did, what it cost.
import {element, icon, ICONS, replace} from "./dom";
import type {HonestyItem, Level} from "./settings";
import type {Tip} from "./tip";

const ORDER: readonly Level[] = ["warn", "note", "ok"];

export class Footer {
  readonly el = element("div", {class: "footer"});

  constructor(private readonly tip: Tip) {}

  show(summary: string, honesty: readonly HonestyItem[]): void {
    const warnings = honesty.filter(({level}) => level === "warn");
    // The summary is about one of the warnings, whose chip would say it twice.
    const only = summary !== "" && warnings.length === 1 ? warnings[0] : null;
    const said = warnings.find(({label, text}) => summary.startsWith(`${label}: ${text}`)) ?? only;
    const items = honesty
      .filter((item) => item !== said)
      .sort((a, b) => ORDER.indexOf(a.level) - ORDER.indexOf(b.level));
    const parts: HTMLElement[] = [];
    if (summary !== "") {
      parts.push(element("div", {class: "summary", role: "note"}, icon(...ICONS.warn), element("span", {}, summary)));
    }
    if (items.length > 0) {
      parts.push(element("ul", {class: "chips", "aria-label": "About this measurement"}, ...items.map((item) => this.chip(item))));
    }
    this.el.hidden = parts.length === 0;
    replace(this.el, ...parts);
  }

  private chip({label, text, level, help}: HonestyItem): HTMLElement {
    const chip = element(
      "li",
      {class: `chip ${level}`, tabindex: help === "" ? null : 0, "aria-label": sentence(label, text, level, help)},
      level === "ok" ? null : icon(...ICONS[level]),
      element("span", {class: "chip-label"}, label),
      element("span", {class: "chip-text"}, text),
    );
    if (help !== "") {
      const show = (): void => this.tip.showBy(element("div", {class: "help"}, help), chip);
      chip.addEventListener("pointerenter", show);
      chip.addEventListener("focus", show);
      chip.addEventListener("pointerleave", () => this.tip.hide());
      chip.addEventListener("blur", () => this.tip.hide());
    }
    return chip;
  }
}

function sentence(label: string, text: string, level: Level, help: string): string {
  const warning = level === "warn" ? "warning: " : "";
  return `${warning}${label}: ${text}${help === "" ? "" : `. ${help}`}`;
}
