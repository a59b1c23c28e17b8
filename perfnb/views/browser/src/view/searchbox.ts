// The search field with what it found.
import {formatCount, formatShare} from "../core/format";
import {element, icon, ICONS} from "./dom";

export interface SearchActions {
  search(pattern: string): void;
  /** Goes to the next match, or with −1 to the one before. */
  step(direction: 1 | -1): void;
  leave(): void;
}

/** Waits for a pause in typing: a search over a large profile takes longer than a keystroke. */
const PAUSE_MS = 90;

export class SearchBox {
  readonly el: HTMLElement;
  private readonly input = element("input", {
    type: "text",
    placeholder: "Search name, module or file",
    "aria-label": "Search frames by regular expression",
    spellcheck: "false",
    autocomplete: "off",
  });
  private readonly hint = element("kbd", {"aria-hidden": "true"}, "/");
  private readonly result = element("span", {class: "search-result"});
  private readonly clear = element(
    "button",
    {type: "button", class: "plain", "aria-label": "Clear the search", title: "Clear (Esc)"},
    icon(...ICONS.clear),
  );
  private timer = 0;
  private shown = "";

  constructor(private readonly actions: SearchActions) {
    this.el = element("label", {class: "search"}, icon(...ICONS.search), this.input, this.result, this.hint, this.clear);
    this.input.addEventListener("input", () => {
      window.clearTimeout(this.timer);
      this.timer = window.setTimeout(() => this.commit(), PAUSE_MS);
    });
    this.input.addEventListener("keydown", (event) => this.onKey(event));
    this.clear.addEventListener("click", () => {
      this.input.value = "";
      this.commit();
      this.input.focus();
    });
  }

  focus(): void {
    this.input.focus();
    this.input.select();
  }

  show(pattern: string, fraction: number | null, count: number, position: number, error: string | null): void {
    // Only a pattern that is new here: the reader may be typing the next one.
    if (pattern !== this.shown) {
      this.shown = pattern;
      this.input.value = pattern;
    }
    const empty = pattern === "";
    this.clear.hidden = empty;
    this.hint.hidden = !empty;
    this.el.classList.toggle("invalid", error !== null);
    this.input.setAttribute("aria-invalid", String(error !== null));
    this.result.title = error ?? "Share of all samples in matching frames, nested matches counted once";
    if (error !== null) {
      this.result.textContent = "not a valid pattern";
    } else if (fraction === null) {
      this.result.textContent = "";
    } else {
      const place = position >= 0 ? `${formatCount(position + 1)}/${formatCount(count)}` : formatCount(count);
      this.result.textContent = count === 0 ? "no match" : `${formatShare(fraction)} · ${place}`;
    }
  }

  dispose(): void {
    window.clearTimeout(this.timer);
  }

  private commit(): void {
    window.clearTimeout(this.timer);
    this.shown = this.input.value;
    this.actions.search(this.input.value);
  }

  private onKey(event: KeyboardEvent): void {
    if (event.isComposing) {
      return;
    }
    if (event.key === "Enter") {
      this.commit();
      this.actions.step(event.shiftKey ? -1 : 1);
      event.preventDefault();
    } else if (event.key === "Escape") {
      if (this.input.value === "") {
        this.actions.leave();
      } else {
        this.input.value = "";
        this.commit();
      }
      event.preventDefault();
    }
  }
}
