// Boxes to pixels. Fills go out colour by colour: changing the fill style costs more than a fill.
import {visitRow, type Viewport} from "../core/lod";
import {FADED, MUTED, PLAIN, type Paint, type Palette} from "../core/palette";
import type {Camera} from "./camera";
import type {Rows} from "./rows";
import type {Scene} from "./scene";
import {TextFit} from "./textfit";

export interface Picture {
  readonly scene: Scene;
  readonly palette: Palette;
  readonly camera: Camera;
  readonly rows: Rows;
  readonly width: number;
  readonly height: number;
  readonly scroll: number;
  readonly font: string;
  readonly outline: string;
  readonly focus: number;
  readonly hover: number;
  readonly selected: number;
  /** The function whose boxes are all marked; −1 for none. */
  readonly lit: number;
  readonly accent: string;
}

const GAP = 1;
const PAD = 4;
/** Below this width a label would be an ellipsis. */
const LABEL = 26;
const VARIANTS = 3;

export class Painter {
  private readonly context: CanvasRenderingContext2D;
  private readonly text: TextFit;
  private fills: number[][] = [];
  private readonly labelled: number[] = [];
  /** Left, top, width and height of each box of the function that is marked. */
  private readonly lit: number[] = [];

  constructor(private readonly canvas: HTMLCanvasElement) {
    this.context = canvas.getContext("2d")!;
    this.text = new TextFit(this.context);
  }

  paint(picture: Picture): void {
    const {width, height} = picture;
    const ratio = window.devicePixelRatio || 1;
    const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (this.canvas.width !== w || this.canvas.height !== h) {
      this.canvas.width = w;
      this.canvas.height = h;
      this.canvas.style.width = `${width}px`;
      this.canvas.style.height = `${height}px`;
    }
    this.context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.context.clearRect(0, 0, width, height);
    this.collect(picture, ratio);
    this.fill(picture.palette);
    this.write(picture);
    this.ring(picture.accent);
    this.mark(picture, picture.hover, 1);
    this.mark(picture, picture.selected, 2);
  }

  /** Sorts what is visible by colour, and notes the boxes with room for a label. */
  private collect(picture: Picture, ratio: number): void {
    const {scene, palette, camera, rows, width, height, scroll, lit} = picture;
    const {x, width: widths} = scene.boxes;
    const functions = scene.tree.function;
    const viewport: Viewport = {x0: camera.x0, x1: camera.x1, pixels: width};
    const scale = width / camera.span;
    const colors = palette.paints[PLAIN].length;
    const matchBucket = VARIANTS * colors;
    this.fills = Array.from({length: matchBucket + 1}, () => []);
    this.labelled.length = 0;
    this.lit.length = 0;
    const snap = (value: number): number => Math.round(value * ratio) / ratio;
    const boxHeight = rows.height - GAP;
    const bucketOf = (node: number): number =>
      scene.isMatch(node) ? matchBucket : variantOf(picture, node) * colors + colorOf(picture, node);
    const [first, last] = rows.visible(scroll, height);
    for (let row = first; row <= last; row++) {
      const top = rows.top(row) - scroll;
      visitRow(scene.boxes, row, viewport, {
        box: (box) => {
          const left = snap(Math.max(0, (x[box] - camera.x0) * scale));
          const right = snap(Math.min(width, (x[box] + widths[box] - camera.x0) * scale));
          const room = right - left;
          const gap = room > 4 ? GAP : room > 2 ? GAP / 2 : 0;
          this.fills[bucketOf(box)].push(left, top, Math.max(room - gap, 1 / ratio), boxHeight);
          if (room >= LABEL) {
            this.labelled.push(box);
          }
          if (lit >= 0 && functions[box] === lit) {
            this.lit.push(left, top, Math.max(room - gap, 1), boxHeight);
          }
        },
        run: (from, to) => {
          let shown = from;
          for (let box = from; box <= to; box++) {
            if (scene.isMatch(box)) {
              shown = box;
              break;
            }
            if (widths[box] > widths[shown]) {
              shown = box;
            }
          }
          const left = Math.max(0, (x[from] - camera.x0) * scale);
          const right = Math.min(width, (x[to] + widths[to] - camera.x0) * scale);
          this.fills[bucketOf(shown)].push(left, top, Math.max(right - left, 1 / ratio), boxHeight);
        },
      });
    }
  }

  private fill({paints, match}: Palette): void {
    const {context, fills} = this;
    const colors = paints[PLAIN].length;
    fills.forEach((rects, bucket) => {
      if (rects.length === 0) {
        return;
      }
      const paint = bucket < VARIANTS * colors ? paints[Math.floor(bucket / colors)][bucket % colors] : match;
      context.fillStyle = paint.fill;
      for (let at = 0; at < rects.length; at += 4) {
        context.fillRect(rects[at], rects[at + 1], rects[at + 2], rects[at + 3]);
      }
    });
  }

  private write(picture: Picture): void {
    const {scene, camera, rows, width, scroll} = picture;
    const {context, text} = this;
    const {x, width: widths, depth} = scene.boxes;
    const scale = width / camera.span;
    text.use(picture.font);
    context.textBaseline = "middle";
    for (const box of this.labelled) {
      const left = Math.max(0, (x[box] - camera.x0) * scale) + PAD;
      const right = Math.min(width, (x[box] + widths[box] - camera.x0) * scale) - PAD;
      const label = scene.label(box);
      const name = text.fit(label.name, right - left);
      if (name === "") {
        continue;
      }
      const paint = paintOf(picture, box);
      const middle = rows.top(depth[box]) - scroll + (rows.height - GAP) / 2 + 0.5;
      context.fillStyle = paint.text;
      context.fillText(name, left, middle);
      if (name === label.name && label.detail !== "") {
        const start = left + text.width(name) + 7;
        const detail = right - start > LABEL ? text.fit(label.detail, right - start) : "";
        if (detail !== "") {
          context.fillStyle = paint.dim;
          context.fillText(detail, start, middle);
        }
      }
    }
  }

  /** A line inside the edge of each box of one function. */
  private ring(accent: string): void {
    const {context, lit} = this;
    context.strokeStyle = accent;
    context.lineWidth = 1.5;
    for (let at = 0; at < lit.length; at += 4) {
      const [left, top, width, height] = lit.slice(at, at + 4);
      context.strokeRect(left + 0.75, top + 0.75, Math.max(width - 1.5, 0.5), height - 1.5);
    }
  }

  /** A line along the box's edge: inside it for one pixel, across it for more, clear of the label. */
  private mark({scene, camera, rows, width, scroll, outline}: Picture, box: number, line: number): void {
    if (box < 0) {
      return;
    }
    const scale = width / camera.span;
    const left = Math.max(0, (scene.boxes.x[box] - camera.x0) * scale);
    const right = Math.min(width, (scene.boxes.x[box] + scene.boxes.width[box] - camera.x0) * scale);
    if (right < left) {
      return;
    }
    const {context} = this;
    context.strokeStyle = outline;
    context.lineWidth = line;
    const inset = line > 1 ? 0 : line / 2;
    const top = rows.top(scene.boxes.depth[box]) - scroll;
    const [x, y] = [Math.max(left + inset, line / 2), Math.max(top + inset, line / 2)];
    context.strokeRect(
      x,
      y,
      Math.max(Math.min(right - GAP - inset, width - line / 2) - x, 1),
      top + rows.height - GAP - inset - y,
    );
  }
}

function colorOf({scene, palette}: Pick<Picture, "scene" | "palette">, node: number): number {
  if (palette.ofNode !== null && palette.ofNode.length === scene.tree.function.length) {
    return palette.ofNode[node];
  }
  const id = scene.tree.function[node];
  return id < 0 ? palette.other : palette.ofFunction[id];
}

function variantOf({scene, focus}: Pick<Picture, "scene" | "focus">, node: number): number {
  if (scene.boxes.depth[node] < scene.boxes.depth[focus]) {
    return FADED;
  }
  return scene.hit === null ? PLAIN : MUTED;
}

/** How a frame is painted now. */
export function paintOf(picture: Pick<Picture, "scene" | "palette" | "focus">, node: number): Paint {
  const {scene, palette} = picture;
  return scene.isMatch(node) ? palette.match : palette.paints[variantOf(picture, node)][colorOf(picture, node)];
}

/** The colour of a frame where nothing fades or mutes it. */
export function fillOf(palette: Palette, scene: Scene, node: number): string {
  return palette.paints[PLAIN][colorOf({scene, palette}, node)].fill;
}
