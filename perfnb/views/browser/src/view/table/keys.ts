// What keys mean in a list of rows.

export type Step = "up" | "down" | "page up" | "page down" | "first" | "last";

const STEPS: Readonly<Record<string, Step>> = {
  ArrowUp: "up",
  ArrowDown: "down",
  PageUp: "page up",
  PageDown: "page down",
  Home: "first",
  End: "last",
};

export function stepOf(event: KeyboardEvent): Step | null {
  return STEPS[event.key] ?? null;
}

/** The row a step leads to, from −1 for none yet; −1 if there are no rows. */
export function stepped(from: number, step: Step, page: number, count: number): number {
  const last = count - 1;
  if (from < 0) {
    return step === "last" ? last : Math.min(0, last);
  }
  switch (step) {
    case "up":
      return Math.max(0, from - 1);
    case "down":
      return Math.min(last, from + 1);
    case "page up":
      return Math.max(0, from - page);
    case "page down":
      return Math.min(last, from + page);
    case "first":
      return Math.min(0, last);
    case "last":
      return last;
  }
}

export function asksForMenu(event: KeyboardEvent): boolean {
  return event.key === "ContextMenu" || event.key === "m" || (event.key === "F10" && event.shiftKey);
}

/** The key of a shortcut of the page around. */
export function isForeign(event: KeyboardEvent): boolean {
  return event.ctrlKey || event.metaKey || event.altKey;
}
