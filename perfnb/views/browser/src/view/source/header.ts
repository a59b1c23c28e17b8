// Above the listing: which function it is, its numbers, the others of its file, and the hottest lines.
import {formatShare, formatValue} from "../../core/format";
import {element, icon, ICONS, replace} from "../dom";
import {labelOf} from "../table/model";
import {functionsOf, neighbour} from "./listing";
import type {FunctionRef, Listing, SourceAbout} from "./types";

export interface HeaderActions {
  choose(ref: FunctionRef): void;
  /** To the next line by heat, or with −1 to the one before. */
  step(direction: 1 | -1): void;
}

const UP = "m4 10 4-4 4 4";
const DOWN = "m4 6 4 4 4-4";

export class SourceHeader {
  readonly el: HTMLElement;
  readonly note = element("div", {class: "sc-note", role: "note", hidden: true});
  private readonly name = element("span", {class: "sc-name"});
  private readonly file = element("span", {class: "sc-file"});
  private readonly numbers = element("span", {class: "sc-numbers"});
  private readonly others = element("select", {
    class: "sc-others",
    "aria-label": "Functions of this file",
    title: "Functions of this file",
  });
  private readonly steps: HTMLElement;
  private ref: FunctionRef | null = null;
  private names: readonly string[] = [];

  constructor(actions: HeaderActions) {
    const step = (direction: 1 | -1, label: string, path: string): HTMLElement => {
      const button = element("button", {type: "button", class: "sc-step", "aria-label": label, title: label}, icon(path));
      button.addEventListener("click", () => actions.step(direction));
      return button;
    };
    const buttons = [step(-1, "Hotter line (p)", UP), step(1, "Next hottest line (n)", DOWN)];
    this.steps = element("span", {class: "sc-steps", role: "group", "aria-label": "Hottest lines"}, ...buttons);
    this.others.addEventListener("change", () => {
      const name = this.names[this.others.selectedIndex];
      if (this.ref !== null && name !== undefined) {
        actions.choose(neighbour(this.ref, name));
      }
    });
    const title = element("div", {class: "sc-about"}, this.name, this.file);
    const tools = element("div", {class: "sc-tools"}, this.numbers, this.others, this.steps);
    this.el = element("div", {class: "sc-header"}, title, tools);
  }

  show(listing: Listing, about: SourceAbout): void {
    const {ref, note, chunks, lines} = listing;
    const functions = functionsOf(lines);
    this.ref = ref;
    const label = labelOf(ref).name;
    this.name.textContent = label;
    // A cell's name says where it is.
    this.file.hidden = label.startsWith(ref.file);
    replace(this.file, element("bdi", {dir: "ltr"}, ref.file));
    this.file.title = ref.file;
    replace(this.numbers, ...this.sums(listing, about));
    this.names = [...new Set([...functions.keys(), ref.name])];
    this.others.hidden = this.names.length < 2;
    const options = this.names.map((name) => this.option(neighbour(ref, name), functions.get(name)?.self ?? 0, about));
    replace(this.others, ...options);
    this.steps.hidden = lines.lines.length === 0;
    const text = note || (chunks.length === 0 ? "The text of this file is not part of the recording." : "");
    this.note.hidden = text === "";
    replace(this.note, icon(...(chunks.length > 0 ? ICONS.warn : ICONS.note)), element("span", {}, text));
    this.note.classList.toggle("sc-warning", chunks.length > 0);
  }

  /** The functions there are to choose from. */
  get functions(): readonly string[] {
    return this.others.hidden ? [] : this.names;
  }

  private option(ref: FunctionRef, self: number, {unit}: SourceAbout): HTMLElement {
    const text = self === 0 ? labelOf(ref).name : `${labelOf(ref).name} · ${formatValue(self, unit)}`;
    return element("option", {selected: ref.name === this.ref?.name}, text);
  }

  private sums({self, total}: Listing, {unit, whole}: SourceAbout): HTMLElement[] {
    const entry = (what: string, value: number): HTMLElement =>
      element(
        "span",
        {class: "sc-sum"},
        `${what} `,
        element("b", {}, formatValue(value, unit)),
        ` ${formatShare(whole > 0 ? value / whole : 0)}`,
      );
    return [entry("self", self), entry("total", total)];
  }
}
