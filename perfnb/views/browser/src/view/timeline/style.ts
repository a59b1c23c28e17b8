// The timeline's part of the style sheet.

export const TIMELINE_STYLE = /* css */ `
.tl { display: flex; flex-direction: column; gap: 4px; min-width: 0; }
.tl-main { --tl-gutter: 0px; position: relative; min-width: 0; user-select: none; -webkit-user-select: none; }
.tl-main .tl-axis { margin-left: var(--tl-gutter); touch-action: pan-y; }
.tl-axis { position: relative; height: 18px; overflow: hidden; color: var(--muted); font-size: 11px; line-height: 15px; font-variant-numeric: tabular-nums; white-space: nowrap; }
.tl-tick { position: absolute; top: 0; height: 18px; padding-left: 4px; border-left: 1px solid var(--line); }
.tl-scroller { position: relative; overflow-x: hidden; overflow-y: auto; scrollbar-width: thin; touch-action: pan-y; }
.tl-spacer { position: relative; }
.tl-canvas { margin-left: var(--tl-gutter); cursor: inherit; }
.tl-labels { position: absolute; inset: 0; pointer-events: none; }
.tl-label { position: absolute; left: 0; right: 0; display: flex; align-items: center; gap: 8px; margin: 0; padding: 0 6px; border: 0; border-radius: 4px; background: none; color: var(--fg); font: inherit; line-height: 16px; text-align: left; cursor: pointer; pointer-events: auto; }
.tl-label:hover { background: var(--hover); }
.tl-label[aria-pressed="true"], .tl-label[aria-pressed="true"]:hover { background: var(--accent-soft); box-shadow: inset 0 0 0 1px var(--accent); }
.tl-label.tl-rest { color: var(--muted); }
.tl-label:focus-visible, .tl-more:focus-visible { outline: 2px solid var(--accent); outline-offset: -2px; }
.tl-name { flex: 0 1 auto; min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.tl-share { flex: none; margin-left: auto; color: var(--muted); font-size: 11px; font-variant-numeric: tabular-nums; white-space: nowrap; }
.tl-narrow .tl-label { max-width: 100%; right: auto; padding: 0 8px; }
.tl-narrow .tl-share { margin-left: 0; }

.tl-over { position: absolute; top: 0; bottom: 0; pointer-events: none; }
.tl-crosshair { position: absolute; top: 0; bottom: 0; left: -.5px; width: 1px; background: var(--fg); opacity: .55; }
.tl-grip { position: absolute; top: 0; outline: 0; pointer-events: auto; touch-action: none; }
.tl-start, .tl-end { z-index: 1; left: -6px; bottom: 0; width: 12px; pointer-events: none; cursor: ew-resize; }
.tl-start::before, .tl-end::before { content: ""; position: absolute; top: 14px; bottom: 0; left: 5px; width: 2px; border-radius: 1px; background: var(--accent); opacity: 0; }
.tl-start::after, .tl-end::after { content: ""; position: absolute; top: calc(50% + 9px); left: 1px; width: 10px; height: 22px; margin-top: -11px; border: 1px solid var(--line); border-radius: 4px; background: linear-gradient(90deg, transparent 2.5px, var(--muted) 2.5px 3.5px, transparent 3.5px 4.5px, var(--muted) 4.5px 5.500px, transparent 5.500px) var(--tip); pointer-events: auto; touch-action: none; }
.tl-set .tl-start::before, .tl-set .tl-end::before { opacity: 1; }
.tl-set .tl-start::after, .tl-set .tl-end::after { border-color: var(--accent); }
.tl-whole { height: 18px; cursor: grab; }
.tl-whole::before { content: ""; position: absolute; left: 0; right: 0; bottom: 0; height: 4px; border-radius: 2px; background: var(--accent); }
.tl-whole::after { content: ""; position: absolute; inset: 0 0 4px 0; background: var(--accent-soft); border-radius: 3px 3px 0 0; }
.tl-grip:focus-visible::after { outline: 2px solid var(--accent); outline-offset: 1px; }
.tl-main { cursor: crosshair; }
.tl-main[data-tl-cursor="edge"] { cursor: ew-resize; }
.tl-main[data-tl-cursor="whole"] { cursor: grab; }
.tl-main.tl-moving, .tl-main.tl-moving * { cursor: grabbing; }
.tl-main.tl-moving[data-tl-cursor="edge"] { cursor: ew-resize; }

.tl-foot { display: flex; align-items: center; flex-wrap: wrap; gap: 2px 14px; min-height: 18px; color: var(--muted); }
.tl-states { display: flex; flex-wrap: wrap; gap: 2px 12px; }
.tl-scale { margin-left: auto; font-variant-numeric: tabular-nums; }
.tl-more { margin: 0; padding: 0 8px; border: 1px solid var(--line); border-radius: 10px; background: var(--control); color: var(--fg); font: inherit; font-size: 11.5px; line-height: 18px; cursor: pointer; }
.tl-more:hover { background-color: var(--hover); }
.tl-state { display: inline-flex; align-items: center; gap: 6px; }
.details .tl-rates { margin-top: 3px; }
.details .tl-when { margin-top: 5px; font-size: 11px; }
@media (pointer: coarse) { .tl-start::after, .tl-end::after { height: 32px; margin-top: -16px; } }
`;
