// The names of the lanes. Each is a button that chooses its thread.
import {formatShare} from "../../core/format";
import {threadLabel} from "../../core/labels";
import type {Tables} from "../../core/tables";
import {element, replace} from "../dom";
import type {Lane} from "./bars";
import type {Rows} from "./rows";

export class LaneLabels {
  readonly el = element("div", {class: "tl-labels"});
  private buttons: {readonly thread: number; readonly button: HTMLElement}[] = [];

  constructor(private readonly chosen: (thread: number) => void) {}

  show(lanes: readonly Lane[], tables: Tables, {gutter, rows}: Rows): void {
    const held = this.focused;
    this.buttons = lanes.map(({thread, share}, at) => {
      const label = threadLabel(tables.threads, thread);
      const button = element(
        "button",
        {type: "button", class: "tl-label", title: `${label}: show this thread alone, or all again`},
        element("span", {class: "tl-name"}, label),
        element("span", {class: "tl-share"}, formatShare(share)),
      );
      button.style.top = `${rows[at].labelTop}px`;
      button.style.height = `${rows[at].labelHeight}px`;
      button.style.width = gutter > 0 ? `${gutter - 8}px` : "auto";
      button.addEventListener("click", () => this.chosen(thread));
      return {thread, button};
    });
    replace(this.el, ...this.buttons.map(({button}) => button));
    this.buttons.find(({thread}) => thread === held)?.button.focus({preventScroll: true});
  }

  press(chosen: number | null): void {
    for (const {thread, button} of this.buttons) {
      button.setAttribute("aria-pressed", String(thread === chosen));
      button.classList.toggle("tl-rest", chosen !== null && thread !== chosen);
    }
  }

  /** The thread whose button has the keyboard: it keeps it when the buttons are made anew. */
  private get focused(): number | null {
    const root = this.el.getRootNode() as Partial<DocumentOrShadowRoot>;
    return this.buttons.find(({button}) => button === root.activeElement)?.thread ?? null;
  }
}
