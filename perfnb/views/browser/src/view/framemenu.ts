// What can be done with a function, or with a box of one.
import {ROOT, pathTo} from "../core/calltree";
import {reasonNames} from "../core/reasons";
import {copyText} from "./clipboard";
import {exactly, subtreeFilters, withFilter} from "./edits";
import {refOf, type FunctionRef} from "./engine";
import type {Shell} from "./main/shell";
import type {Action} from "./popup";
import type {Scene} from "./scene";

/** For a box: of a function, of a thread, or of boxes that are summed. */
export function frameActions(shell: Shell, scene: Scene, node: number, zoom: () => void): Action[] {
  const {tables, tree} = scene;
  const id = tree.function[node];
  const actions: Action[] = [];
  if (node !== ROOT) {
    const subtree = (): void => {
      const {filters} = shell.settings;
      shell.change({filters: subtreeFilters(scene, node).reduce(withFilter, [...filters])});
    };
    actions.push({label: "Zoom in", run: zoom});
    if (tree.hidden[node] === 0) {
      actions.push({label: tree.thread[node] >= 0 ? "Only this thread" : "Only this subtree", run: subtree});
    }
  }
  if (id >= 0 && tree.hidden[node] === 0) {
    actions.push(...functionActions(shell, refOf(tables, id)));
  }
  const stack = pathTo(tree, node).slice(1).map((step) => scene.label(step).name);
  if (stack.length > 0) {
    actions.push({label: "Copy stack", run: () => copy(shell, stack.join("\n"))});
  }
  return actions;
}

export function functionActions(shell: Shell, ref: FunctionRef): Action[] {
  const {tables} = shell.engine!;
  const add = (kind: "focus" | "hide" | "keep" | "drop"): void => {
    const {filters} = shell.settings;
    shell.change({filters: withFilter(filters, exactly(tables, kind, ref))});
  };
  const module = ref.module.split(".")[0];
  const actions: Action[] = [
    {label: "Callers and callees", apart: true, run: () => shell.change({chosen: ref, view: "sandwich"})},
    {label: "Source", run: () => shell.change({chosen: ref, view: "source"})},
    {label: "Focus on", detail: ref.name, apart: true, run: () => add("focus")},
    {label: "Only samples with", detail: ref.name, run: () => add("keep")},
    {label: "Drop samples with", detail: ref.name, run: () => add("drop")},
    {label: "Hide", detail: ref.name, run: () => add("hide")},
  ];
  if (ref.kind === "wait" && reasonNames(tables).includes(ref.name)) {
    const run = (): void =>
      shell.change({filters: withFilter(shell.settings.filters, {kind: "reason", reasons: [ref.name]})});
    actions.push({label: "Only waits of", detail: ref.name, run});
  }
  if (module !== "") {
    const run = (): void => shell.change({filters: withFilter(shell.settings.filters, {kind: "module", module})});
    actions.push({label: "Only samples in", detail: module, run});
  }
  actions.push({label: "Copy name", apart: true, run: () => copy(shell, ref.name)});
  return actions;
}

function copy(shell: Shell, text: string): void {
  copyText(text, shell.tip.el).then(
    () => shell.say("Copied"),
    () => shell.say("The browser did not allow copying"),
  );
}
