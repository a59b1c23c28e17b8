// Keys on the canvas, and keeping them from the notebook around it.
import type {Orientation} from "./rows";

export interface KeyActions {
  move(direction: "parent" | "child" | "left" | "right" | "root"): void;
  enter(): void;
  reset(): void;
  search(): void;
  /** What can be done with the marked frame. */
  menu(): void;
}

/** Does what the key means; false if it means nothing here. */
export function handleKey(event: KeyboardEvent, orientation: Orientation, actions: KeyActions): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey) {
    return false;
  }
  if (event.key === "F10" && event.shiftKey) {
    actions.menu();
    return true;
  }
  const rootAbove = orientation === "icicle";
  switch (event.key) {
    case "ArrowUp":
      actions.move(rootAbove ? "parent" : "child");
      return true;
    case "ArrowDown":
      actions.move(rootAbove ? "child" : "parent");
      return true;
    case "ArrowLeft":
      actions.move("left");
      return true;
    case "ArrowRight":
      actions.move("right");
      return true;
    case "Home":
      actions.move("root");
      return true;
    case "Enter":
    case " ":
      actions.enter();
      return true;
    case "Escape":
      actions.reset();
      return true;
    case "/":
      actions.search();
      return true;
    case "ContextMenu":
    case "m":
      actions.menu();
      return true;
    default:
      return false;
  }
}

/** Lumino, under JupyterLab's shortcuts, leaves keys alone that are pressed inside such an element. */
const SUPPRESS = "data-lm-suppress-shortcuts";

/** With Ctrl or Cmd, in a text field. */
const EDITING = new Set(["a", "c", "v", "x", "y", "z", "arrowleft", "arrowright", "backspace", "delete"]);

function isText(target: EventTarget | undefined): boolean {
  return target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement;
}

/**
 * While the focus is inside `host`, keeps plain keys from the page's shortcuts, and leaves those
 * with Ctrl or Cmd (saving, for one) to it, but for the ones that edit a text field. JupyterLab listens on the document's capture phase,
 * before any listener in here could run: hence the mark, set from the window.
 */
export function keepKeys(host: HTMLElement, signal: AbortSignal): void {
  const mark = (event: KeyboardEvent): void => {
    const path = event.composedPath();
    const plain = !event.ctrlKey && !event.metaKey;
    const key = event.key.toLowerCase();
    // Undo is about the filters in here, not about the notebook's cells.
    const edits = key === "z" || (isText(path[0]) && EDITING.has(key));
    host.toggleAttribute(SUPPRESS, (plain || edits) && path.includes(host));
  };
  let watching: AbortController | null = null;
  host.addEventListener(
    "focusin",
    () => {
      watching ??= new AbortController();
      window.addEventListener("keydown", mark, {capture: true, signal: watching.signal});
    },
    {signal},
  );
  const stop = (): void => {
    watching?.abort();
    watching = null;
    host.removeAttribute(SUPPRESS);
  };
  host.addEventListener("focusout", stop, {signal});
  signal.addEventListener("abort", stop);
  for (const type of ["keydown", "keypress", "keyup"] as const) {
    host.addEventListener(
      type,
      (event) => {
        if (!event.ctrlKey && !event.metaKey) {
          event.stopPropagation();
        }
      },
      {signal},
    );
  }
}
