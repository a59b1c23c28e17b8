// Copying a text, also on pages that the browser does not trust with its clipboard.

export async function copyText(text: string, near: Element): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    return;
  } catch {
    // A page of its own opened from a file, or a frame: the old way still works there.
  }
  const area = document.createElement("textarea");
  area.value = text;
  area.setAttribute("aria-hidden", "true");
  area.style.cssText = "position: fixed; opacity: 0; pointer-events: none";
  const root = near.getRootNode() as Document | ShadowRoot;
  const focused = root.activeElement as HTMLElement | null;
  near.append(area);
  area.select();
  const copied = document.execCommand("copy");
  area.remove();
  focused?.focus({preventScroll: true});
  if (!copied) {
    throw new Error("the browser did not copy");
  }
}
