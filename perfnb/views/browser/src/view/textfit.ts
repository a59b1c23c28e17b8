// Texts cut to a width, with their measures remembered: measuring is the dearest part of a label.

const ELLIPSIS = "…";

export class TextFit {
  private font = "";
  private readonly widths = new Map<string, number>();

  constructor(private readonly context: CanvasRenderingContext2D) {}

  use(font: string): void {
    if (font !== this.font) {
      this.font = font;
      this.widths.clear();
    }
    this.context.font = font;
  }

  width(text: string): number {
    let width = this.widths.get(text);
    if (width === undefined) {
      width = this.context.measureText(text).width;
      this.widths.set(text, width);
    }
    return width;
  }

  /** The text, or as much of its start as fits with an ellipsis; empty if that is not worth reading. */
  fit(text: string, available: number): string {
    const width = this.width(text);
    if (width <= available) {
      return text;
    }
    let length = Math.floor((text.length * available) / width);
    while (length >= 2) {
      const cut = text.slice(0, length) + ELLIPSIS;
      if (this.context.measureText(cut).width <= available) {
        return cut;
      }
      length--;
    }
    return "";
  }
}
