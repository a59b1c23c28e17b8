// Where the arrow keys lead.
import {childRanges, ROOT} from "../core/calltree";
import type {Camera} from "./camera";
import type {Scene} from "./scene";

export type Direction = "parent" | "child" | "left" | "right" | "root";

/** The frame next to `node`, among those that can be seen; `node` itself at an end. */
export function neighbour(
  scene: Scene,
  camera: Camera,
  node: number,
  direction: Direction,
  unitsPerPixel: number,
): number {
  const {tree, boxes} = scene;
  const {x, width, depth, rows} = boxes;
  const seen = (box: number): boolean =>
    width[box] >= unitsPerPixel && x[box] < camera.x1 && x[box] + width[box] > camera.x0;
  switch (direction) {
    case "root":
      return ROOT;
    case "parent":
      return node === ROOT ? ROOT : tree.parent[node];
    case "child":
      return heaviestChild(scene, camera, node) ?? node;
    case "left":
    case "right": {
      const step = direction === "left" ? -1 : 1;
      const row = depth[node];
      for (let box = node + step; box >= rows[row] && box < rows[row + 1]; box += step) {
        if (seen(box)) {
          return box;
        }
      }
      return node;
    }
  }
}

function heaviestChild({tree, boxes}: Scene, camera: Camera, node: number): number | null {
  const ranges = childRanges(tree);
  let best: number | null = null;
  for (let child = ranges[node]; child < ranges[node + 1]; child++) {
    const inView = boxes.x[child] < camera.x1 && boxes.x[child] + boxes.width[child] > camera.x0;
    if (inView && boxes.width[child] > 0 && (best === null || boxes.width[child] > boxes.width[best])) {
      best = child;
    }
  }
  return best;
}
