// Rows on the screen: the root on top (icicle) or at the bottom (flame).

export type Orientation = "icicle" | "flame";

export class Rows {
  constructor(
    readonly count: number,
    readonly height: number,
    readonly orientation: Orientation,
  ) {}

  get total(): number {
    return this.count * this.height;
  }

  top(depth: number): number {
    return (this.orientation === "icicle" ? depth : this.count - 1 - depth) * this.height;
  }

  /** May lie outside the rows. */
  depthAt(y: number): number {
    const place = Math.floor(y / this.height);
    return this.orientation === "icicle" ? place : this.count - 1 - place;
  }

  /** The rows that a window of this height shows, from the smallest depth to the largest. */
  visible(scroll: number, height: number): [first: number, last: number] {
    const [a, b] = [this.depthAt(scroll), this.depthAt(scroll + height - 1)];
    return [Math.max(0, Math.min(a, b)), Math.min(this.count - 1, Math.max(a, b))];
  }
}
