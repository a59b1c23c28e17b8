// The style sheet of the function table. `--tb-height` limits the rows' height where nothing around does.

export const TABLE_STYLE = /* css */ `
.tb {
  --tb-bar: #d98429; --tb-bar-total: #e6b583; --tb-track: rgba(27, 31, 36, .08); --tb-found: #f3c9f5; --tb-found-line: #a81fb0; --tb-row-found: rgba(168, 31, 176, .07);
  container: tb / inline-size; position: relative; display: flex; flex-direction: column; gap: 6px; min-width: 0; min-height: 0; height: 100%;
}
.root[data-theme="dark"] .tb {
  --tb-bar: #db8b3c; --tb-bar-total: #8f6136; --tb-track: rgba(255, 255, 255, .1); --tb-found: #7d2a86; --tb-found-line: #e08bea; --tb-row-found: rgba(224, 139, 234, .1);
}
.tb button, .tb input, .tb textarea { font: inherit; color: inherit; letter-spacing: inherit; margin: 0; }

.tb-bar-line { display: flex; align-items: center; gap: 6px; flex-wrap: wrap; }
.tb-filter { display: flex; align-items: center; gap: 6px; flex: 1 1 130px; min-width: 0; max-width: 320px; height: 26px; padding: 0 4px 0 8px; border: 1px solid var(--line); border-radius: 6px; background: var(--control); color: var(--muted); cursor: text; }
.tb-filter:focus-within { border-color: var(--accent); box-shadow: 0 0 0 1px var(--accent); }
.tb-filter.tb-invalid { border-color: var(--bad); box-shadow: 0 0 0 1px var(--bad); }
.tb-filter input { flex: 1; min-width: 40px; height: 100%; padding: 0; border: 0; outline: 0; background: none; color: var(--fg); box-shadow: none; }
.tb-filter input::placeholder { color: var(--muted); opacity: 1; }
.tb-problem { color: var(--bad); white-space: nowrap; }
.tb-problem:empty { display: none; }
.tb-button { display: inline-flex; align-items: center; height: 26px; padding: 0 9px; border: 1px solid var(--line); border-radius: 6px; background: var(--control); white-space: nowrap; cursor: pointer; }
.tb-button:hover:not(:disabled) { background: var(--hover); }
.tb-button:disabled { opacity: .55; cursor: default; }
.tb-button[aria-pressed="true"] { background: var(--accent-soft); border-color: var(--accent); }
.tb-wide { white-space: pre; }
.tb-button:last-child { margin-left: auto; }
.tb-clear { display: inline-flex; align-items: center; justify-content: center; flex: none; width: 20px; height: 20px; padding: 0; border: 0; border-radius: 4px; background: none; cursor: pointer; }
.tb-clear:hover { background: var(--hover); }
.tb :is(.tb-button, .tb-clear):focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }

.tb-frame { position: relative; display: flex; flex: 1 1 auto; min-height: 75px; border: 1px solid var(--line); border-radius: 6px; overflow: hidden; background: var(--ground); }
.tb-grid { flex: 1; min-width: 0; max-height: var(--tb-height, 480px); overflow-x: hidden; overflow-y: auto; outline: 0; scrollbar-width: thin; overscroll-behavior: contain; }
/* Over the rows: they would cover an outline of the grid. */
.tb-ring { position: absolute; z-index: 2; inset: 0; border: 2px solid var(--accent); border-radius: 5px; pointer-events: none; visibility: hidden; }
.tb-grid:focus-visible ~ .tb-ring { visibility: visible; }
.tb-head { position: sticky; top: 0; z-index: 1; height: 27px; border-bottom: 1px solid var(--line); background: var(--ground); }
.tb-body { position: relative; overflow: hidden; }
.tb-nothing { position: absolute; inset: 27px 0 0; display: grid; place-items: center; color: var(--muted); pointer-events: none; }

.tb-line { --tb-amount: calc(var(--tb-value, 7ch) + var(--tb-bar-width, 54px) + 68px); display: grid; grid-auto-flow: column; grid-template-columns: var(--tb-amount) var(--tb-amount) max(80px, calc(2 * var(--tb-count, 5ch) + 32px)) minmax(110px, 1fr); font-variant-numeric: tabular-nums; }
.tb-head .tb-line { height: 26px; }
.tb-uncounted .tb-line { grid-template-columns: var(--tb-amount) var(--tb-amount) minmax(110px, 1fr); }
.tb-cell { display: flex; align-items: center; justify-content: flex-end; min-width: 0; padding: 0 6px; white-space: nowrap; }
.tb-cell.tb-name { position: relative; justify-content: flex-start; gap: 0 6px; padding-left: 10px; overflow: hidden; }
.tb-row .tb-name { flex-wrap: wrap; align-content: flex-start; height: 24px; line-height: 24px; }

.tb-head .tb-cell { padding: 0; }
.tb-sort { display: flex; flex: 1; align-items: center; justify-content: flex-end; gap: 3px; min-width: 0; height: 100%; padding: 0 6px; border: 0; background: none; color: var(--muted) !important; font-weight: 600 !important; cursor: pointer; }
.tb-name .tb-sort { justify-content: flex-start; padding-left: 10px; }
.tb-sort:hover { background: var(--hover); color: var(--fg) !important; }
.tb-sort .icon { width: 12px; height: 12px; visibility: hidden; }
.tb-samples .tb-sort .icon, .tb-self .tb-sort .icon, .tb-total .tb-sort .icon { order: -1; }
[aria-sort] .tb-sort { color: var(--fg) !important; }
[aria-sort] .tb-sort .icon { visibility: visible; }
[aria-sort="ascending"] .tb-sort .icon { transform: scaleY(-1); }
.tb-grid:focus-visible .tb-head .tb-active .tb-sort { outline: 2px solid var(--accent); outline-offset: -3px; border-radius: 5px; }

.tb-row { position: absolute; left: 0; right: 0; height: 24px; contain: strict; box-shadow: inset 0 -1px var(--soft); cursor: default; }
.tb-row:hover { background: var(--hover); }
.tb-row.tb-matched { background: var(--tb-row-found); }
.tb-row.tb-marked, .tb-row.tb-marked:hover { background: var(--accent-soft); box-shadow: inset 3px 0 var(--accent); }
.tb-grid:focus-visible .tb-row.tb-active { outline: 2px solid var(--accent); outline-offset: -2px; }
.tb-value { flex: none; width: var(--tb-value, 7ch); text-align: right; }
.tb-bar { flex: none; width: var(--tb-bar-width, 54px); height: 8px; margin-left: 8px; border-radius: 2px; background: linear-gradient(var(--tb-bar) 0 0) no-repeat var(--tb-track); forced-color-adjust: none; }
.tb-total .tb-bar { --tb-bar: var(--tb-bar-total); }
.tb-share { flex: none; width: 48px; text-align: right; color: var(--muted); }
.tb-zero > :is(.tb-value, .tb-share) { color: var(--muted); }
.tb-total-samples { flex: none; width: var(--tb-count, 5ch); text-align: right; }
.tb-slash, .tb-total-samples { color: var(--muted); white-space: pre; }
.tb-swatch { flex: none; width: 8px; height: 8px; border-radius: 2px; box-shadow: inset 0 0 0 1px rgba(128, 128, 128, .3); }
.tb-title { flex: none; max-width: calc(100% - 14px); overflow: hidden; text-overflow: ellipsis; }
/* Where there is no room for a useful piece of it, it wraps to a line that is not seen. */
.tb-detail { flex: 1 1 36px; min-width: 36px; overflow: hidden; text-overflow: ellipsis; color: var(--muted); }
.tb-detail:empty { display: none; }
.tb-found { padding: 0 1px; margin: 0 -1px; border-radius: 2px; background: var(--tb-found); color: var(--fg); }
.tb-menu { position: absolute; top: 2px; right: 4px; display: inline-flex; align-items: center; justify-content: center; width: 24px; height: 20px; padding: 0; border: 1px solid var(--line); border-radius: 5px; background: var(--tip); color: var(--muted); cursor: pointer; opacity: 0; }
.tb-menu .icon { stroke-width: 2.5; }
.tb-row:is(:hover, .tb-marked) .tb-menu { opacity: 1; }
.tb-menu:hover { color: var(--fg) !important; border-color: var(--muted); }
.tb-row:is(:hover, .tb-marked) .tb-name { padding-right: 32px; }

.tb-foot { display: flex; justify-content: space-between; gap: 12px; min-height: 18px; color: var(--muted); font-variant-numeric: tabular-nums; }
.tb-said { color: var(--fg); white-space: nowrap; }
.tb-offer { position: absolute; z-index: 2; inset: 32px 0 auto auto; width: min(420px, 100%); padding: 10px; border: 1px solid var(--tip-line); border-radius: 8px; background: var(--tip); box-shadow: var(--shadow); }
.tb-text:focus { border-color: var(--accent); box-shadow: 0 0 0 1px var(--accent); }
.tb-text-hint { margin: 0 0 6px; }
.tb-text { width: 100%; padding: 6px; border: 1px solid var(--line); border-radius: 4px; background: var(--ground); resize: none; white-space: pre; outline: 0; font: 11px/16px var(--jp-code-font-family, ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace) !important; }

@container tb (min-width: 900px) {
  .tb-line { --tb-bar-width: 96px; }
}
@container tb (max-width: 640px) {
  .tb-cell.tb-samples { display: none; }
  .tb-line, .tb-uncounted .tb-line { grid-template-columns: var(--tb-amount) var(--tb-amount) minmax(110px, 1fr); }
}
@container tb (max-width: 480px) {
  .tb-bar { display: none; }
  .tb-line { --tb-amount: calc(var(--tb-value, 7ch) + 60px); }
}
@container tb (max-width: 350px) {
  .tb-share { display: none; }
  .tb-line { --tb-amount: calc(var(--tb-value, 7ch) + 12px); }
}
/* Minutes and seconds, and other long values. */
@container tb (max-width: 720px) {
  .tb-long .tb-cell.tb-samples { display: none; }
  .tb-long .tb-line { grid-template-columns: var(--tb-amount) var(--tb-amount) minmax(110px, 1fr); }
}
@container tb (max-width: 530px) {
  .tb-long .tb-bar { display: none; }
  .tb-long .tb-line { --tb-amount: calc(var(--tb-value, 7ch) + 60px); }
}
@container tb (max-width: 420px) {
  .tb-long .tb-share { display: none; }
  .tb-long .tb-line { --tb-amount: calc(var(--tb-value, 7ch) + 12px); }
}
@container tb (max-width: 380px) {
  .tb-filter { flex-basis: 100px; }
  .tb-wide { display: none; }
  .tb-rest { text-transform: capitalize; }
}
@media (hover: none) { .tb-menu { opacity: 1; } .tb-cell.tb-name { padding-right: 32px; } }
@media (forced-colors: active) {
  .tb-row.tb-marked { outline: 2px solid Highlight; outline-offset: -2px; }
}
`;
