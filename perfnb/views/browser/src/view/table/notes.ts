// What there is to know of a function that does not fit its row, once the pointer rests on it.
import {formatShare, formatValue} from "../../core/format";
import type {Unit} from "../../core/tables";
import {counted as countedAs, type Noun} from "../../core/words";
import {element} from "../dom";
import type {Tip} from "../tip";
import {labelOf, refAt} from "./model";
import type {FunctionTable, TableAbout} from "./types";

const REST_MS = 450;

/** Shows the note of what is under the pointer: an element that names its row in `data-index`. */
export class Notes {
  private timer = 0;
  private over: HTMLElement | null = null;
  private readonly stopped = new AbortController();

  constructor(
    body: HTMLElement,
    private readonly tip: Tip,
    private readonly note: (index: number) => HTMLElement | null,
  ) {
    const {signal} = this.stopped;
    body.addEventListener("pointermove", (event) => this.move(event), {signal});
    body.addEventListener("pointerleave", () => this.hide(), {signal});
    body.parentElement?.addEventListener("scroll", () => this.hide(), {passive: true, signal});
    window.addEventListener("keydown", (event) => event.key === "Escape" && this.hide(), {capture: true, signal});
  }

  hide(): void {
    window.clearTimeout(this.timer);
    if (this.over !== null) {
      this.over = null;
      this.tip.hide();
    }
  }

  dispose(): void {
    this.hide();
    this.stopped.abort();
  }

  private move(event: PointerEvent): void {
    const row = event.pointerType === "touch" ? null : (event.target as Element).closest<HTMLElement>("[data-index]");
    if (row === this.over) {
      return;
    }
    this.hide();
    this.over = row;
    if (row !== null) {
      const {clientX, clientY} = event;
      this.timer = window.setTimeout(() => this.show(row, clientX, clientY), REST_MS);
    }
  }

  private show(row: HTMLElement, x: number, y: number): void {
    const content = row.isConnected ? this.note(Number(row.dataset["index"])) : null;
    if (content !== null) {
      this.tip.showAt(content, x, y);
    }
  }
}

interface Amount {
  readonly name: string;
  readonly value: number;
  readonly samples: number;
}

/** Values, shares and samples in rows, as notes show them. */
export function amounts(
  rows: readonly Amount[],
  {unit, whole, counted, noun}: {readonly unit: Unit; readonly whole: number; readonly counted: boolean; readonly noun: Noun},
): HTMLElement {
  const cells = rows.map(({name, value, samples}) =>
    element(
      "tr",
      {},
      element("th", {scope: "row"}, name),
      element("td", {}, formatValue(value, unit)),
      element("td", {}, formatShare(whole > 0 ? value / whole : 0)),
      counted ? element("td", {}, countedAs(samples, noun)) : null,
    ),
  );
  return element("table", {}, element("tbody", {}, ...cells));
}

export function functionNote(table: FunctionTable, at: number, {counted, noun}: TableAbout): HTMLElement {
  const ref = refAt(table, at);
  const rows = [
    {name: "self", value: table.self[at], samples: table.selfSamples[at]},
    {name: "total", value: table.total[at], samples: table.totalSamples[at]},
  ];
  return element(
    "div",
    {class: "details"},
    element("div", {class: "details-name"}, labelOf(ref).name),
    ref.file === "" ? null : element("div", {class: "details-place"}, ref.file),
    element("div", {class: "details-facts"}, [ref.kind, ref.module].filter((fact) => fact !== "").join(" · ")),
    amounts(rows, {unit: table.tables.value.unit, whole: table.whole, counted, noun}),
  );
}
