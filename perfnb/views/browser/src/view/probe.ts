// What is painted, as numbers: tests assert geometry, not pixels.
import {visitRow} from "../core/lod";
import type {Paint} from "../core/palette";
import type {Camera} from "./camera";
import type {Rows} from "./rows";
import type {Scene} from "./scene";

export interface ProbedBox {
  readonly label: string;
  readonly node: number;
  readonly parent: number;
  readonly function: number;
  readonly depth: number;
  /** CSS pixels from the canvas's top left corner; may reach beyond it where zoomed. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly total: number;
  readonly self: number;
  readonly samples: number;
  readonly matched: boolean;
  /** Of the function that is chosen. */
  readonly lit: boolean;
  readonly fill: string;
  /** The colour of a text on it. */
  readonly ink: string;
}

export interface Probe {
  readonly boxes: readonly ProbedBox[];
  readonly runs: number;
  readonly zoom: readonly [number, number];
  readonly extent: number;
  readonly nodes: number;
  readonly rows: number;
  readonly matched: number | null;
  readonly focus: string;
  readonly selected: string | null;
  readonly theme: string;
  readonly paint_ms: number;
}

type Geometry = Pick<Probe, "boxes" | "runs" | "zoom" | "extent" | "nodes" | "rows" | "matched">;

export function probeOf(
  scene: Scene | null,
  camera: Camera,
  rows: Rows,
  {width, height, scroll}: {readonly width: number; readonly height: number; readonly scroll: number},
  lit: number,
  paintOf: (node: number) => Paint | null,
): Geometry {
  const boxes: ProbedBox[] = [];
  let runs = 0;
  if (scene !== null && width > 0 && height > 0) {
    const scale = width / camera.span;
    const [first, last] = rows.visible(scroll, height);
    for (let row = first; row <= last; row++) {
      visitRow(scene.boxes, row, {x0: camera.x0, x1: camera.x1, pixels: width}, {
        box: (node) => {
          const paint = paintOf(node);
          boxes.push({
            label: scene.label(node).name,
            node,
            parent: scene.tree.parent[node],
            function: scene.tree.function[node],
            depth: row,
            x: (scene.boxes.x[node] - camera.x0) * scale,
            y: rows.top(row) - scroll,
            width: scene.boxes.width[node] * scale,
            height: rows.height,
            total: scene.tree.total[node],
            self: scene.tree.self[node],
            samples: scene.tree.totalSamples[node],
            matched: scene.isMatch(node),
            lit: lit >= 0 && scene.tree.function[node] === lit,
            fill: paint?.fill ?? "",
            ink: paint?.text ?? "",
          });
        },
        run: () => {
          runs++;
        },
      });
    }
  }
  return {
    boxes,
    runs,
    zoom: [camera.x0, camera.x1],
    extent: scene?.boxes.extent ?? 0,
    nodes: scene?.tree.parent.length ?? 0,
    rows: scene?.rows ?? 0,
    matched: scene?.hit?.fraction ?? null,
  };
}

/** Of a view without boxes. */
export const NOTHING_PAINTED: Omit<Probe, "theme"> = {
  boxes: [],
  runs: 0,
  zoom: [0, 1],
  extent: 0,
  nodes: 0,
  rows: 0,
  matched: null,
  focus: "",
  selected: null,
  paint_ms: 0,
};
