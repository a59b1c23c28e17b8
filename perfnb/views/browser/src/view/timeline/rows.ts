// Where lanes stand: beside their labels, or below them where there is no room.

export interface Row {
  readonly labelTop: number;
  readonly labelHeight: number;
  readonly top: number;
  readonly height: number;
}

export interface Rows {
  /** How wide the column of labels is; none where they stand above their lanes. */
  readonly gutter: number;
  readonly rows: readonly Row[];
  readonly total: number;
}

const NARROW = 560;
const GAP = 4;
const LABEL = 18;

export function rowsOf(count: number, width: number): Rows {
  const narrow = width < NARROW;
  const height = narrow ? 24 : count <= 2 ? 44 : count <= 4 ? 32 : 21;
  const above = narrow ? LABEL : 0;
  const pitch = above + height + GAP;
  const rows = Array.from({length: count}, (_, at) => ({
    labelTop: at * pitch,
    labelHeight: narrow ? LABEL : height,
    top: at * pitch + above,
    height,
  }));
  const gutter = narrow ? 0 : Math.round(Math.max(130, Math.min(210, width * 0.17)));
  return {gutter, rows, total: Math.max(0, count * pitch - GAP) + 1};
}

/** The lane at a height, or −1. */
export function rowAt({rows}: Rows, y: number): number {
  return rows.findIndex(({labelTop, top, height}) => y >= labelTop && y < top + height + GAP);
}
