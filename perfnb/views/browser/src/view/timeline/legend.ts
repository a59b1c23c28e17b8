// The timeline's last line: what the colours are, how high a bar can be, and the threads not shown.
import {formatCount, formatShare} from "../../core/format";
import type {Theme} from "../../core/palette";
import {stateColor} from "../../core/states";
import {element, replace} from "../dom";
import {sumAt, type Bars} from "./bars";
import {rateText} from "./note";

export class LaneLegend {
  private readonly states = element("div", {class: "tl-states", "aria-label": "States"});
  private readonly scale = element("span", {class: "tl-scale"});
  private readonly more = element("button", {type: "button", class: "tl-more"});
  readonly el = element("div", {class: "tl-foot"}, this.more, this.states, this.scale);

  constructor(toggled: () => void) {
    this.more.addEventListener("click", toggled);
  }

  show(bars: Bars, names: readonly string[], theme: Theme, shown: number, usual: number): void {
    const known = bars.states.some((state) => names[state] !== "unknown");
    replace(this.states, ...(known ? this.items(bars, names, theme) : []));
    this.scale.textContent = bars.full > 0 ? `full height: ${rateText(bars.full, bars.unit)}` : "";
    const hidden = bars.lanes.length - usual;
    this.more.hidden = hidden <= 0;
    this.more.setAttribute("aria-expanded", String(shown > usual));
    this.more.textContent =
      shown > usual ? "fewer threads" : `${formatCount(hidden)} more thread${hidden === 1 ? "" : "s"}`;
  }

  private items(bars: Bars, names: readonly string[], theme: Theme): HTMLElement[] {
    const sums = bars.states.map((_, index) =>
      bars.lanes.reduce((sum, {counts}) => sum + counts[index].reduce((all, count) => all + count, 0), 0),
    );
    const whole = sums.reduce((sum, value) => sum + value, 0);
    return bars.states.map((state, index) => {
      const swatch = element("span", {class: "swatch"});
      swatch.style.background = stateColor(names[state], theme);
      return element(
        "span",
        {class: "legend-item"},
        swatch,
        names[state],
        element("span", {class: "legend-value"}, formatShare(sums[index] / whole)),
      );
    });
  }
}

/** All lanes in words, for those who do not see them. */
export function inWords(bars: Bars, names: readonly string[], labels: readonly string[]): string {
  const lanes = bars.lanes.slice(0, labels.length).map((lane, at) => {
    let sum = 0;
    for (let bar = 0; bar < bars.count; bar++) {
      sum += sumAt(lane, bar);
    }
    const states = bars.states
      .map((state, index) => [names[state], lane.counts[index].reduce((all, count) => all + count, 0)] as const)
      .filter(([, count]) => count > 0)
      .map(([name, count]) => `${formatShare(count / sum)} ${name}`);
    return `${labels[at]}: ${states.length > 0 ? states.join(", ") : "nothing"}`;
  });
  return `Activity of threads over time. ${lanes.join("; ")}`;
}
