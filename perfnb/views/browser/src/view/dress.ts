// The theme of the whole component, and what canvases need of its style sheet.
import type {Theme} from "../core/palette";
import {backdrop, pageTheme, type ThemeChoice} from "./theme";

export interface Inks {
  readonly font: string;
  readonly outline: string;
  readonly accent: string;
}

export class Dress {
  theme: Theme = "light";
  private known: Inks | null = null;

  constructor(private readonly root: HTMLElement) {}

  choose(choice: ThemeChoice): void {
    this.theme = choice === "auto" ? pageTheme() : choice;
    this.root.dataset["theme"] = this.theme;
    this.known = null;
    this.reground();
  }

  /** On a page of the other theme, texts need a ground of their own. */
  reground(): void {
    const host = (this.root.getRootNode() as Partial<ShadowRoot>).host;
    this.root.classList.toggle("grounded", host?.isConnected === true && backdrop(host) !== this.theme);
  }

  /** A canvas cannot see the style sheet: what it needs of it is read once per theme. */
  get inks(): Inks {
    if (this.known === null) {
      const style = getComputedStyle(this.root);
      this.known = {
        font: `12px ${style.fontFamily}`,
        outline: style.getPropertyValue("--outline"),
        accent: style.getPropertyValue("--accent"),
      };
    }
    return this.known;
  }
}
