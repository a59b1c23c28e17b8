// A list of actions at a place of the window, in the browser's top layer.
import {element} from "./dom";

export interface Action {
  readonly label: string;
  /** What the action is about, such as a function's name. */
  readonly detail?: string;
  /** Begins a new group. */
  readonly apart?: boolean;
  run(): void;
}

const MARGIN = 6;

export class Popup {
  readonly el = element("div", {class: "popup", role: "menu"});
  private items: HTMLButtonElement[] = [];
  private back: HTMLElement | null = null;
  private readonly outside = (event: Event): void => {
    if (!event.composedPath().includes(this.el)) {
      this.close(false);
    }
  };

  constructor() {
    if (typeof this.el.showPopover === "function") {
      this.el.popover = "manual";
    }
    this.el.hidden = true;
    this.el.addEventListener("keydown", (event) => this.onKey(event));
  }

  get isOpen(): boolean {
    return !this.el.hidden;
  }

  open(label: string, actions: readonly Action[], x: number, y: number): void {
    const root = this.el.getRootNode() as Document | ShadowRoot;
    this.back = root.activeElement as HTMLElement | null;
    this.el.setAttribute("aria-label", label);
    this.items = actions.map((action) => {
      const item = element(
        "button",
        {type: "button", role: "menuitem", tabindex: -1, class: action.apart ? "apart" : null},
        element("span", {}, action.label),
        action.detail ? element("span", {class: "popup-detail"}, action.detail) : null,
      );
      item.addEventListener("click", () => {
        this.close(true);
        action.run();
      });
      item.addEventListener("pointerenter", () => item.focus({preventScroll: true}));
      return item;
    });
    this.el.replaceChildren(element("div", {class: "popup-title", "aria-hidden": "true"}, label), ...this.items);
    this.el.hidden = false;
    if (this.el.popover !== null && !this.el.matches(":popover-open")) {
      this.el.showPopover();
    }
    const {width, height} = this.el.getBoundingClientRect();
    const left = Math.max(MARGIN, Math.min(x, window.innerWidth - MARGIN - width));
    const top = y + height + MARGIN <= window.innerHeight ? y : Math.max(MARGIN, Math.min(y - height, window.innerHeight - MARGIN - height));
    this.el.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
    this.items[0]?.focus({preventScroll: true});
    window.addEventListener("pointerdown", this.outside, {capture: true});
    window.addEventListener("wheel", this.outside, {capture: true, passive: true});
    window.addEventListener("blur", this.outside);
  }

  /** With the focus back where it was, if the reader did not put it elsewhere. */
  close(refocus: boolean): void {
    if (!this.isOpen) {
      return;
    }
    window.removeEventListener("pointerdown", this.outside, {capture: true});
    window.removeEventListener("wheel", this.outside, {capture: true});
    window.removeEventListener("blur", this.outside);
    if (this.el.popover !== null && this.el.matches(":popover-open")) {
      this.el.hidePopover();
    }
    this.el.hidden = true;
    if (refocus) {
      this.back?.focus({preventScroll: true});
    }
  }

  private onKey(event: KeyboardEvent): void {
    const root = this.el.getRootNode() as Document | ShadowRoot;
    const at = this.items.indexOf(root.activeElement as HTMLButtonElement);
    const count = this.items.length;
    const go = (to: number): void => this.items[(to + count) % count]?.focus();
    switch (event.key) {
      case "ArrowDown":
        go(at + 1);
        break;
      case "ArrowUp":
        go(at - 1);
        break;
      case "Home":
        go(0);
        break;
      case "End":
        go(count - 1);
        break;
      case "Escape":
      case "Tab":
        this.close(true);
        break;
      case "Enter":
      case " ":
        // The button's own.
        event.stopPropagation();
        return;
      default:
        return;
    }
    event.preventDefault();
    event.stopPropagation();
  }
}
