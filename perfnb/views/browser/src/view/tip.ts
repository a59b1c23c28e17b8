// A floating note. It is shown in the browser's top layer, so that no ancestor can clip it, least
// of all the scrolling output area of a notebook.
import {element} from "./dom";

const GAP = 14;
const MARGIN = 6;

export class Tip {
  readonly el = element("div", {class: "tip", role: "tooltip"});

  constructor() {
    if (this.hasTopLayer) {
      this.el.popover = "manual";
    } else {
      this.el.hidden = true;
    }
  }

  showAt(content: Node, x: number, y: number): void {
    this.open(content);
    const {width, height} = this.el.getBoundingClientRect();
    const right = x + GAP + width + MARGIN <= window.innerWidth;
    const below = y + GAP + height + MARGIN <= window.innerHeight;
    this.move(right ? x + GAP : x - GAP - width, below ? y + GAP : y - GAP - height);
  }

  /** Next to an element: below it, or above where there is no room. */
  showBy(content: Node, anchor: Element): void {
    this.open(content);
    const box = anchor.getBoundingClientRect();
    const {width, height} = this.el.getBoundingClientRect();
    const below = box.bottom + MARGIN + height + MARGIN <= window.innerHeight;
    const x = Math.min(box.left, window.innerWidth - MARGIN - width);
    this.move(x, below ? box.bottom + MARGIN : box.top - MARGIN - height);
  }

  hide(): void {
    if (!this.hasTopLayer) {
      this.el.hidden = true;
    } else if (this.el.isConnected && this.el.matches(":popover-open")) {
      this.el.hidePopover();
    }
  }

  private get hasTopLayer(): boolean {
    return typeof this.el.showPopover === "function";
  }

  private open(content: Node): void {
    this.el.replaceChildren(content);
    if (!this.hasTopLayer) {
      this.el.hidden = false;
    } else if (!this.el.matches(":popover-open")) {
      this.el.showPopover();
    }
  }

  private move(x: number, y: number): void {
    const left = Math.max(MARGIN, Math.min(x, window.innerWidth - MARGIN - this.el.offsetWidth));
    const top = Math.max(MARGIN, Math.min(y, window.innerHeight - MARGIN - this.el.offsetHeight));
    this.el.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
  }
}
