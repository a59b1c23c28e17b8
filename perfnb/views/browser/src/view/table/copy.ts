// Text to the clipboard, or where the page may not write there, into a field to be copied by hand.
import {element} from "../dom";

/** Whether the clipboard has the text now. */
export async function toClipboard(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // No clipboard on a page that is not secure, or not allowed inside this frame.
    return false;
  }
}

/** Shows `text` selected in `host`; Escape, a copy, or leaving the field takes it away again. */
export function offerText(host: HTMLElement, text: string, after: (copied: boolean) => void): void {
  const area = element("textarea", {class: "tb-text", readonly: true, "aria-label": "Rows of the table as text", rows: 5});
  area.value = text;
  const hint = "This page may not write to the clipboard. Press Ctrl+C or ⌘C to copy, Esc to close.";
  const box = element("div", {class: "tb-offer"}, element("p", {class: "tb-text-hint"}, hint), area);
  let open = true;
  const close = (copied: boolean): void => {
    if (open) {
      open = false;
      box.remove();
      after(copied);
    }
  };
  // The browser copies after its listeners have run.
  area.addEventListener("copy", () => window.setTimeout(() => close(true)));
  area.addEventListener("blur", () => close(false));
  area.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      close(false);
    }
  });
  host.append(box);
  area.focus({preventScroll: true});
  area.select();
}
