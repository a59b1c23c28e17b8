// The style sheet of the component's own shadow DOM: what all views share. Views have their own.
import {EXPLORE_STYLE} from "./explore_style";
import {LEGEND_STYLE} from "./legend";
import {SOURCE_STYLE} from "./source/style";
import {TABLE_STYLE} from "./table/style";
import {THREADS_STYLE} from "./threads/style";
import {TIMELINE_STYLE} from "./timeline/style";

const COMMON = /* css */ `
:host { display: block; }
.root {
  --fg: #1f2328; --muted: #59636e; --line: #d5dae0; --soft: rgba(27, 31, 36, .045); --control: rgba(255, 255, 255, .6);
  --hover: rgba(27, 31, 36, .07); --accent: #1f6feb; --accent-soft: rgba(31, 111, 235, .12); --outline: #1f2328;
  --warn: #8a4b00; --warn-soft: #fff3d6; --warn-line: #ecc46f; --bad: #b4232c; --note: #1f5fbf;
  --tip: #ffffff; --tip-line: rgba(27, 31, 36, .14); --shadow: 0 1px 2px rgba(27, 31, 36, .08), 0 8px 24px rgba(27, 31, 36, .16);
  --stage: rgba(27, 31, 36, .025); --ground: #ffffff;
  color-scheme: light;
  container-type: inline-size;
  position: relative; display: flex; flex-direction: column; gap: 6px; box-sizing: border-box; min-width: 0; padding: 4px 3px;
  color: var(--fg); font-size: 12px; line-height: 18px; font-weight: 400; letter-spacing: normal; text-align: left;
  font-family: var(--jp-ui-font-family, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", Arial, sans-serif);
  -webkit-font-smoothing: antialiased;
}
.root[data-theme="dark"] {
  --fg: #e4e7eb; --muted: #9aa4b0; --line: #3a414a; --soft: rgba(255, 255, 255, .055); --control: rgba(255, 255, 255, .04);
  --hover: rgba(255, 255, 255, .09); --accent: #58a6ff; --accent-soft: rgba(88, 166, 255, .18); --outline: #ffffff;
  --warn: #f0c063; --warn-soft: rgba(210, 153, 34, .14); --warn-line: rgba(210, 153, 34, .45); --bad: #ff8a85; --note: #7ab7ff;
  --tip: #23272e; --tip-line: rgba(255, 255, 255, .14); --shadow: 0 1px 2px rgba(0, 0, 0, .4), 0 8px 28px rgba(0, 0, 0, .55);
  --stage: rgba(255, 255, 255, .025); --ground: #16181d;
  color-scheme: dark;
}
.root.grounded { padding: 10px 12px; border-radius: 8px; background: var(--ground); }
.root.failed > :is(.toolbar, .views, .filterbox, .filters, .body, .legend) { display: none !important; }
.root *, .root *::before { box-sizing: border-box; }
.root [hidden] { display: none !important; }
.icon { flex: none; fill: none; stroke: currentColor; stroke-width: 1.5; stroke-linecap: round; stroke-linejoin: round; }

.title { font-size: 13px; font-weight: 600; }

.toolbar, .menus { display: flex; align-items: center; flex-wrap: wrap; gap: 6px; }
:is(.toolbar, .views, .filterbox, .filters, .crumbs, .pane-head, .popup) :is(button, select, input) { font: inherit; color: inherit; letter-spacing: inherit; margin: 0; }
.button, .segments, .menus select, .filterbox select, .pane-head select, .search {
  height: 26px; border: 1px solid var(--line); border-radius: 6px; background-color: var(--control);
}
.button, .segments button { display: inline-flex; align-items: center; gap: 5px; padding: 0 8px; cursor: pointer; white-space: nowrap; }
.button:hover:not(:disabled), .segments button:hover, .menus select:hover { background-color: var(--hover); }
.button:is(:disabled, [aria-disabled="true"]) { color: var(--muted); opacity: .55; cursor: default; }
.button.icon-only { padding: 0 5px; color: var(--muted); }
.button[aria-pressed="true"], .button[aria-pressed="true"]:hover { background: var(--accent-soft); border-color: var(--accent); }
.segments { display: inline-flex; overflow: hidden; }
.segments button { border: 0; background: none; color: var(--muted); }
.segments button + button { border-left: 1px solid var(--line); }
.segments button[aria-pressed="true"], .segments button[aria-pressed="true"]:hover { background: var(--accent-soft); color: var(--fg); }
:is(.menus, .filterbox, .pane-head) select {
  appearance: none; field-sizing: content; max-width: 170px; padding: 0 24px 0 8px; cursor: pointer; text-overflow: ellipsis;
  background-image: linear-gradient(45deg, transparent 50%, var(--muted) 50%), linear-gradient(-45deg, transparent 50%, var(--muted) 50%);
  background-size: 4px 4px; background-position: right 12px top 11px, right 8px top 11px; background-repeat: no-repeat;
}
:is(.menus, .filterbox, .pane-head) option { background: var(--tip); color: var(--fg); }
:is(.toolbar, .views, .filterbox, .filters, .pane-head) :is(button, select):focus-visible, .crumb:focus-visible, .chip:focus-visible {
  outline: 2px solid var(--accent); outline-offset: 1px;
}
.segments button:focus-visible { outline-offset: -2px; }

.search { display: flex; align-items: center; gap: 6px; flex: 1 1 150px; min-width: 150px; max-width: 420px; padding: 0 4px 0 8px; color: var(--muted); cursor: text; }
.search:focus-within { border-color: var(--accent); box-shadow: 0 0 0 1px var(--accent); }
.search.invalid { border-color: var(--bad); box-shadow: 0 0 0 1px var(--bad); }
.search input { flex: 1; min-width: 40px; height: 100%; padding: 0; border: 0; outline: 0; background: none; color: var(--fg); box-shadow: none; }
.search input::placeholder { color: var(--muted); opacity: 1; }
.search input:placeholder-shown { text-overflow: ellipsis; }
.search-result { white-space: nowrap; font-variant-numeric: tabular-nums; color: var(--fg); }
.search.invalid .search-result { color: var(--bad); }
.search kbd { flex: none; min-width: 16px; height: 16px; margin-right: 2px; border: 1px solid var(--line); border-radius: 4px; font: inherit; font-size: 11px; line-height: 14px; text-align: center; }
.search .plain { display: inline-flex; align-items: center; justify-content: center; flex: none; width: 20px; height: 20px; padding: 0; border: 0; border-radius: 4px; background: none; color: var(--muted); cursor: pointer; }
.search .plain:hover { background: var(--hover); color: var(--fg); }

.crumbs { display: flex; align-items: center; gap: 12px; min-height: 20px; }
.path { display: flex; align-items: center; flex: 1; min-width: 0; overflow: hidden; white-space: nowrap; }
.crumb { flex: 0 1 auto; min-width: 0; max-width: 320px; padding: 0 4px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; border: 0; border-radius: 4px; background: none; color: var(--muted) !important; cursor: pointer; line-height: 20px; outline-offset: -2px !important; flex-shrink: 0; }
.crumb:hover { background: var(--hover); color: var(--fg) !important; }
.crumb[aria-current] { color: var(--fg) !important; font-weight: 600; }
.separator { flex: none; padding: 0 1px; color: var(--muted); opacity: .7; }
.amount { flex: none; color: var(--muted); font-variant-numeric: tabular-nums; white-space: nowrap; }

.stage { position: relative; border-radius: 4px; }
.stage:not(.by-pointer):has(canvas:focus-visible) { outline: 2px solid var(--accent); outline-offset: 2px; }
.scroller { overflow-x: hidden; overflow-y: auto; width: 100%; border-radius: 3px; background: var(--stage); scrollbar-width: thin; }
.spacer { position: relative; }
canvas { position: sticky; top: 0; display: block; outline: 0; cursor: default; user-select: none; -webkit-user-select: none; }
canvas { touch-action: pan-y; }
.stage::before, .stage::after { content: ""; position: absolute; z-index: 1; left: 0; right: 0; height: 16px; pointer-events: none; opacity: 0; transition: opacity .15s; }
.stage::before { top: 0; background: linear-gradient(rgba(0, 0, 0, .28), transparent); border-radius: 3px 3px 0 0; }
.stage::after { bottom: 0; background: linear-gradient(transparent, rgba(0, 0, 0, .28)); border-radius: 0 0 3px 3px; }
.stage.more-above::before, .stage.more-below::after { opacity: 1; }
canvas.pointing { cursor: pointer; }
canvas.dragging { cursor: grabbing; }
.message { padding: 28px 12px; text-align: center; color: var(--muted); border: 1px dashed var(--line); border-radius: 6px; }
.message[role="alert"] { color: var(--bad); border-color: currentColor; }

.legend { display: flex; align-items: center; flex-wrap: wrap; gap: 2px 12px; color: var(--muted); min-height: 18px; }
.legend-item { display: inline-flex; align-items: center; gap: 5px; color: var(--fg); white-space: nowrap; }
.legend-value { color: var(--muted); font-variant-numeric: tabular-nums; }
.swatch { flex: none; display: inline-block; width: 10px; height: 10px; border-radius: 3px; box-shadow: inset 0 0 0 1px rgba(128, 128, 128, .25); }

.footer { display: flex; flex-direction: column; gap: 6px; }
.summary { display: flex; gap: 7px; padding: 4px 9px; border: 1px solid var(--warn-line); border-radius: 6px; background: var(--warn-soft); color: var(--warn); }
.summary .icon { margin-top: 2px; }
.chips { display: flex; flex-wrap: wrap; gap: 4px 6px; margin: 0; padding: 0; list-style: none; }
.chip { display: inline-flex; align-items: center; gap: 5px; padding: 0 8px; border: 1px solid transparent; border-radius: 10px; background: var(--soft); cursor: default; line-height: 20px; font-size: 11.5px; }
.chip[tabindex] { cursor: help; }
.chip .icon { width: 12px; height: 12px; }
.chip-label { color: var(--muted); }
.chip-text { font-variant-numeric: tabular-nums; }
.chip.note .icon { color: var(--note); }
.chip.warn { border-color: var(--warn-line); background: var(--warn-soft); color: var(--warn); }
.chip.warn .chip-label { color: inherit; opacity: .85; }

.live { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

.tip { position: fixed; inset: 0 auto auto 0; z-index: 1000; width: max-content; max-width: min(520px, calc(100vw - 12px)); height: auto; margin: 0; padding: 9px 11px; overflow: hidden; border: 1px solid var(--tip-line); border-radius: 8px; background: var(--tip); color: var(--fg); box-shadow: var(--shadow); pointer-events: none; font-size: 12px; line-height: 17px; }
.details-name { display: flex; gap: 7px; font-weight: 600; font-size: 12.5px; overflow-wrap: anywhere; }
.details-name .swatch { margin-top: 4px; }
.details-place { margin-top: 1px; color: var(--muted); overflow-wrap: anywhere; font: 11px/16px var(--jp-code-font-family, ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace); }
.details-facts { color: var(--muted); overflow-wrap: anywhere; }
.details table { margin-top: 7px; border-collapse: collapse; font-variant-numeric: tabular-nums; }
.details th, .details td { padding: 0 0 0 16px; border: 0; text-align: right; font-weight: 400; white-space: nowrap; }
.details thead th { color: var(--muted); font-size: 11px; }
.details th[scope="row"], .details thead th:first-child { padding-left: 0; text-align: left; color: var(--muted); }
.details .strong { font-weight: 600; }
.keys { display: grid; grid-template-columns: auto auto; gap: 2px 14px; margin: 0; }
.keys dt { color: var(--fg); font-weight: 600; }
.keys dd { margin: 0; color: var(--muted); }
.help { max-width: 320px; }

@container (max-width: 860px) { .wide { display: none; } .segments button, .button { padding: 0 6px; } }
@container (max-width: 560px) { .search { flex-basis: 100%; max-width: none; } .amount { display: none; } .menus { order: 1; flex-basis: 100%; } .menus select { max-width: 150px; } }
@media (forced-colors: active) { .button[aria-pressed="true"], .segments button[aria-pressed="true"], .segments button[aria-pressed="true"]:hover { forced-color-adjust: none; } }
`;

export const STYLE = [COMMON, EXPLORE_STYLE, LEGEND_STYLE, TIMELINE_STYLE, TABLE_STYLE, THREADS_STYLE, SOURCE_STYLE].join("");
