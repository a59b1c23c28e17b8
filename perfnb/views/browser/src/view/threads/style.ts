// The style sheet of the table of threads, beside that of the function table, whose frame it has.

export const THREADS_STYLE = /* css */ `
.th { --th-track: var(--tb-track); --th-held: #8b929b; }
.th .th-grid { --tb-height: 324px; }
.th .th-frame { min-height: 53px; }
.th-line {
  --th-part: 126px; --th-switches: 92px; --th-hold: ;
  display: grid; grid-auto-flow: column; font-variant-numeric: tabular-nums;
  grid-template-columns: minmax(120px, 1.1fr) minmax(180px, 1.7fr) var(--th-part) var(--th-part) var(--th-part) var(--th-hold) var(--th-switches) var(--th-switches);
}
.th-holds .th-line { --th-hold: var(--th-part); }
.tb-head .th-line { height: 26px; }
.th-cell { display: flex; align-items: center; justify-content: flex-end; gap: 6px; min-width: 0; padding: 0 8px; white-space: nowrap; }
.tb-head .th-cell { padding: 0; }
.th-cell.th-name { justify-content: flex-start; overflow: hidden; }
.th-row .th-name { padding-left: 10px; }
.th-name-text { overflow: hidden; text-overflow: ellipsis; }
.th-cell .tb-sort .icon { order: -1; }
.th-name .tb-sort { justify-content: flex-start; padding-left: 10px; }
.th-name .tb-sort .icon { order: 1; }
.th-bar { flex: 1 1 auto; min-width: 0; height: 10px; border-radius: 2px; background: var(--th-track); box-shadow: inset 0 0 0 1px rgba(128, 128, 128, .22); forced-color-adjust: none; }
.th-wall .th-value { flex: none; width: 8ch; text-align: right; }
.th-share { flex: none; width: 48px; text-align: right; color: var(--muted); }
.th-missing { color: var(--muted); }
.th-missing .th-value { cursor: help; }
.th-cpu-swatch { background: var(--th-cpu); }
.th-queue-swatch { background: var(--th-queue); }
.th-blocked-swatch { background: var(--th-blocked); }
.th-held-swatch { background: var(--th-held); }
.th-row { position: absolute; left: 0; right: 0; height: 24px; contain: strict; box-shadow: inset 0 -1px var(--soft); cursor: pointer; }
.th-row:hover { background: var(--hover); }
.th-row.th-unknown { cursor: default; }
.th-row.th-unknown .th-name-text { color: var(--muted); }
.th-row.th-chosen, .th-row.th-chosen:hover { background: var(--accent-soft); box-shadow: inset 3px 0 var(--accent); }
.tb-grid:focus-visible .th-row.tb-active { outline: 2px solid var(--accent); outline-offset: -2px; }
@container tb (max-width: 900px) {
  .th-line { --th-part: 92px; --th-switches: 88px; grid-template-columns: minmax(90px, 1fr) minmax(130px, 1.3fr) var(--th-part) var(--th-part) var(--th-part) var(--th-hold) var(--th-switches) var(--th-switches); }
  .th-share { display: none; }
  .th-cell { padding: 0 6px; }
}
@container tb (max-width: 780px) {
  .th-cell.th-voluntary, .th-cell.th-involuntary { display: none; }
  .th-line { grid-template-columns: minmax(80px, 1fr) minmax(110px, 1.3fr) var(--th-part) var(--th-part) var(--th-part) var(--th-hold); }
}
@container tb (max-width: 480px) {
  .th-cell.th-queue, .th-cell.th-held { display: none; }
  .th-line, .th-holds .th-line { --th-part: 90px; --th-hold: ; grid-template-columns: minmax(70px, 1fr) minmax(90px, 1fr) var(--th-part) var(--th-part); }
  .th-wall .th-value { display: none; }
}
@media (forced-colors: active) { .th-row.th-chosen { outline: 2px solid Highlight; outline-offset: -2px; } }
`;
