// Elements in one expression. Text is always set as text: names in a profile are data.

type Child = Node | string | null;
type Attributes = Readonly<Record<string, string | number | boolean | null>>;

export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[Tag] {
  const created = document.createElement(tag);
  setAttributes(created, attributes);
  append(created, children);
  return created;
}

export function replace(parent: Element, ...children: Child[]): void {
  parent.replaceChildren();
  append(parent, children);
}

export function setAttributes(target: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === false) {
      target.removeAttribute(name);
    } else {
      target.setAttribute(name, value === true ? "" : String(value));
    }
  }
}

const SVG = "http://www.w3.org/2000/svg";

/** A 16-pixel icon in the colour of the text around it, drawn with 1.5-pixel strokes. */
export function icon(...paths: string[]): SVGSVGElement {
  const svg = document.createElementNS(SVG, "svg");
  setAttributes(svg, {viewBox: "0 0 16 16", width: 14, height: 14, class: "icon", "aria-hidden": "true"});
  for (const d of paths) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", d);
    svg.append(path);
  }
  return svg;
}

export const ICONS = {
  search: ["M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10Z", "m10.7 10.7 3.3 3.3"],
  clear: ["m4.5 4.5 7 7", "m11.5 4.5-7 7"],
  icicle: ["M2 3.5h12", "M2 8h8", "M2 12.5h4"],
  flame: ["M2 3.5h4", "M2 8h8", "M2 12.5h12"],
  invert: ["M5 13V3", "m2.5 5.5L5 3l2.5 2.5", "M11 3v10", "m8.500 10.500 2.500 2.500 2.500-2.500"],
  reset: ["M2.5 6V2.500H6", "M10 2.500h3.500V6", "M13.500 10v3.500H10", "M6 13.500H2.500V10"],
  help: ["M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12Z", "M6.300 6.300a1.750 1.750 0 1 1 2.500 1.600c-.5.25-.8.6-.8 1.100", "M8 11.250v.05"],
  undo: ["M5.500 3 2.500 6l3 3", "M2.500 6h7a4 4 0 0 1 0 8H7"],
  redo: ["m10.500 3 3 3-3 3", "M13.500 6h-7a4 4 0 0 0 0 8H9"],
  funnel: ["M2 3h12l-4.500 5.500V13l-3-1.500v-3Z"],
  copy: ["M5.500 5.500h8v8h-8Z", "M10.500 5.500v-3h-8v8h3"],
  timeline: ["M2 13.500h12", "M3.500 11V8", "M6.500 11V4", "M9.500 11V6.500", "M12.500 11V2.500"],
  table: ["M2 3h12v10H2Z", "M2 6.500h12", "M6.500 6.500V13"],
  threads: ["M2 3.500h12", "M2 8h5", "M10 8h4", "M2 12.500h8", "M12.500 12.500h1.500"],
  warn: ["M8 2.500 14.250 13.500H1.750Z", "M8 6.500v3", "M8 11.500v.05"],
  note: ["M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12Z", "M8 7.500v3.500", "M8 5.100v.05"],
} as const;

function append(parent: Element, children: readonly Child[]): void {
  for (const child of children) {
    if (child !== null) {
      parent.append(child);
    }
  }
}
