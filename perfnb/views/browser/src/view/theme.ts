// Light or dark, and telling when that changes.
import {luminance} from "../core/color";
import type {Theme} from "../core/palette";

export type ThemeChoice = "auto" | Theme;

/** JupyterLab's own theme if the page has one, else what the reader's system prefers. */
export function pageTheme(): Theme {
  return labTheme() ?? (prefersDark().matches ? "dark" : "light");
}

/**
 * What the element actually stands on: the first background above it that is not transparent, or
 * the browser's own. A page need not follow the reader's preference: a plain HTML file is white.
 */
export function backdrop(el: Element): Theme {
  const lab = labTheme();
  if (lab !== null) {
    return lab;
  }
  for (let at: Element | null = el.parentElement; at !== null; at = above(at)) {
    const [r, g, b, alpha = 1] = (getComputedStyle(at).backgroundColor.match(/[\d.]+/g) ?? []).map(Number);
    if (b !== undefined && alpha > 0.5) {
      return luminance({r: r / 255, g: g / 255, b: b / 255}) < 0.2 ? "dark" : "light";
    }
  }
  const scheme = getComputedStyle(document.documentElement).colorScheme;
  return scheme.includes("dark") && (!scheme.includes("light") || prefersDark().matches) ? "dark" : "light";
}

function above(el: Element): Element | null {
  const root = el.getRootNode();
  return el.parentElement ?? (root instanceof ShadowRoot ? root.host : null);
}

/** Calls back when the page's theme may have changed, until the signal aborts. */
export function watchTheme(changed: () => void, signal: AbortSignal): void {
  prefersDark().addEventListener("change", changed, {signal});
  const observer = new MutationObserver(changed);
  observer.observe(document.body, {attributes: true, attributeFilter: ["data-jp-theme-light", "class", "style"]});
  signal.addEventListener("abort", () => observer.disconnect());
}

function labTheme(): Theme | null {
  const light = document.body?.dataset["jpThemeLight"];
  return light === undefined ? null : light === "false" ? "dark" : "light";
}

function prefersDark(): MediaQueryList {
  return window.matchMedia("(prefers-color-scheme: dark)");
}
