// The way from the root to the zoomed frame, and how much that frame is.
import {pathTo, ROOT} from "../core/calltree";
import {formatValue} from "../core/format";
import {counted} from "../core/words";
import {shareOf} from "./details";
import {element, replace} from "./dom";
import type {Scene} from "./scene";

export class Crumbs {
  readonly el = element("div", {class: "crumbs"});
  private readonly path = element("nav", {class: "path", "aria-label": "Path of the zoomed frame"});
  private readonly amount = element("div", {class: "amount"});

  constructor(private readonly go: (node: number) => void) {
    this.el.append(this.path, this.amount);
  }

  show(scene: Scene, focus: number): void {
    const {tree, tables} = scene;
    const {kind, unit} = scene.measure;
    const value = `${formatValue(tree.total[focus], unit)} ${kind}`;
    const share = focus === ROOT ? null : `${shareOf(tree.total[focus], tree.total[ROOT])} of all`;
    const count = tree.totalSamples[focus];
    // A profile that counts samples has said it already.
    const told = !tables.counted || (unit === "count" && kind === "samples");
    const samples = told ? null : counted(count, tables.meta.noun);
    this.amount.textContent = [value, share, samples].filter((part) => part !== null).join(" · ");
    const nodes = pathTo(tree, focus);
    this.fill(scene, nodes, nodes.length);
    this.fit(scene, nodes);
  }

  /** Leaves out of the middle what does not fit. */
  fit(scene: Scene, nodes: readonly number[]): void {
    for (let kept = Math.min(nodes.length - 1, 12); kept >= 2 && this.overflows(); kept--) {
      this.fill(scene, nodes, kept);
    }
  }

  private overflows(): boolean {
    return this.path.scrollWidth > this.path.clientWidth + 1;
  }

  private fill(scene: Scene, nodes: readonly number[], kept: number): void {
    const hidden = nodes.length - kept;
    const shown = hidden > 0 ? [nodes[0], ...nodes.slice(1 + hidden)] : nodes;
    const parts: HTMLElement[] = [];
    shown.forEach((node, at) => {
      if (at === 1 && hidden > 0) {
        const names = nodes.slice(1, 1 + hidden).map((skipped) => scene.label(skipped).name);
        const more = element("button", {type: "button", class: "crumb", title: names.slice(-30).join(" › ")}, "…");
        more.setAttribute("aria-label", `${hidden} more frames`);
        more.addEventListener("click", () => this.go(nodes[hidden]));
        parts.push(separator(), more);
      }
      const {name} = scene.label(node);
      const last = at === shown.length - 1;
      const crumb = element("button", {type: "button", class: "crumb", title: name}, name);
      if (last) {
        crumb.setAttribute("aria-current", "true");
      }
      crumb.addEventListener("click", () => this.go(node));
      if (at > 0) {
        parts.push(separator());
      }
      parts.push(crumb);
    });
    replace(this.path, ...parts);
  }
}

function separator(): HTMLElement {
  return element("span", {class: "separator", "aria-hidden": "true"}, "›");
}
