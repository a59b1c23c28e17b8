// The style sheet of the source view. `--sc-height` limits the listing's height where nothing around does.

export const SOURCE_STYLE = /* css */ `
.sc {
  --sc-hot: rgb(240, 120, 20); --sc-hot-edge: #c2560a; --sc-active: #e3edfd; --sc-gutter: #f6f7f9;
  --sc-comment: #59636e; --sc-string: #0a3069; --sc-number: #0550ae; --sc-keyword: #b4232c; --sc-decorator: #8a4600; --sc-definition: #6639ba;
  container: sc / inline-size; display: flex; flex-direction: column; gap: 6px; min-width: 0; min-height: 0; height: 100%;
}
.root[data-theme="dark"] .sc {
  --sc-hot: rgb(236, 112, 28); --sc-hot-edge: #ff9d4d; --sc-active: #213450; --sc-gutter: #1c1f25;
  --sc-comment: #9aa4b0; --sc-string: #a5d6ff; --sc-number: #79c0ff; --sc-keyword: #ff938b; --sc-decorator: #ffb271; --sc-definition: #d2a8ff;
}
.sc button, .sc select { font: inherit; color: inherit; letter-spacing: inherit; margin: 0; }

.sc-header { display: flex; align-items: center; flex-wrap: wrap; gap: 4px 14px; min-width: 0; }
.sc-about { display: flex; align-items: baseline; flex: 1 1 auto; gap: 8px; min-width: 0; max-width: 100%; }
.sc-name { flex: 0 1 auto; min-width: 0; font-size: 13px; font-weight: 600; overflow-wrap: anywhere; }
.sc-file { flex: 0 1 auto; min-width: 40px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; direction: rtl; text-align: left; color: var(--muted); font: 11px/16px var(--jp-code-font-family, ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace); }
.sc-file:empty { display: none; }
.sc-tools { display: flex; align-items: center; flex-wrap: wrap; gap: 4px 12px; min-width: 0; }
.sc-numbers { display: inline-flex; flex-wrap: wrap; gap: 0 12px; color: var(--muted); font-variant-numeric: tabular-nums; white-space: nowrap; }
.sc-numbers b { color: var(--fg); font-weight: 600; }
.sc-others, .sc-steps { height: 26px; border: 1px solid var(--line); border-radius: 6px; background-color: var(--control); }
.sc-others {
  appearance: none; field-sizing: content; max-width: 190px; padding: 0 24px 0 8px !important; text-overflow: ellipsis; cursor: pointer;
  background-image: linear-gradient(45deg, transparent 50%, var(--muted) 50%), linear-gradient(-45deg, transparent 50%, var(--muted) 50%);
  background-size: 4px 4px; background-position: right 12px top 11px, right 8px top 11px; background-repeat: no-repeat;
}
.sc-others:hover, .sc-step:hover { background-color: var(--hover); }
.sc-others option { background: var(--tip); color: var(--fg); }
.sc-steps { display: inline-flex; overflow: hidden; }
.sc-step { display: inline-flex; align-items: center; padding: 0 6px; border: 0; background: none; color: var(--muted) !important; cursor: pointer; }
.sc-step + .sc-step { border-left: 1px solid var(--line); }
.sc-others:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
.sc-step:focus-visible { outline: 2px solid var(--accent); outline-offset: -2px; }
.sc-note { display: flex; gap: 7px; padding: 4px 9px; border: 1px solid var(--line); border-radius: 6px; background: var(--soft); }
.sc-note .icon { margin-top: 2px; color: var(--note); }
.sc-note.sc-warning { border-color: var(--warn-line); background: var(--warn-soft); color: var(--warn); }
.sc-note.sc-warning .icon { color: inherit; }
.sc-nothing { padding: 28px 12px; text-align: center; color: var(--muted); border: 1px dashed var(--line); border-radius: 6px; }

.sc-frame { position: relative; display: flex; flex: 1 1 auto; min-height: 85px; border: 1px solid var(--line); border-radius: 6px; overflow: hidden; background: var(--ground); }
/* Its own ground shows through where lines meet between two pixels of the screen. */
.sc-grid { --sc-numbers: 144px; background: linear-gradient(to right, var(--sc-gutter) calc(var(--sc-numbering, 50px) + var(--sc-numbers)), transparent 0); flex: 1; min-width: 0; max-height: var(--sc-height, 480px); overflow: auto; outline: 0; scrollbar-width: thin; overscroll-behavior: contain; }
/* Over the lines: they would cover an outline of the grid. */
.sc-ring { position: absolute; z-index: 3; inset: 0; border: 2px solid var(--accent); border-radius: 5px; pointer-events: none; visibility: hidden; }
.sc-grid:focus-visible ~ .sc-ring { visibility: visible; }
.sc-head { position: sticky; top: 0; z-index: 2; min-width: 100%; width: max-content; }
.sc-head-row, .sc-row { display: flex; min-width: 100%; width: max-content; font-variant-numeric: tabular-nums; }
.sc-head-row { height: 25px; border-bottom: 1px solid var(--line); background: var(--sc-gutter); color: var(--muted); font-weight: 600; }
.sc-body { position: relative; }
.sc-row { position: absolute; left: 0; top: 0; height: 20px; line-height: 20px; contain: layout style; }
.sc-cell { flex: none; white-space: nowrap; }
.sc-head-row .sc-cell { line-height: 24px; }
.sc-line, .sc-self, .sc-total { position: sticky; z-index: 1; text-align: right; background-color: var(--sc-gutter); }
.sc-line { left: 0; width: var(--sc-numbering, 50px); padding-right: 8px; color: var(--muted); }
.sc-self { left: var(--sc-numbering, 50px); width: 72px; padding-right: 8px; }
.sc-total { left: calc(var(--sc-numbering, 50px) + 72px); width: 72px; padding-right: 8px; border-right: 1px solid var(--line); color: var(--muted); }
.sc-row .sc-self { background-color: color-mix(in srgb, var(--sc-hot) var(--sc-heat, 0%), var(--sc-ground, var(--sc-gutter))); }
.sc-text { flex: 1 0 auto; min-width: calc(var(--sc-columns, 0ch) + 24px); padding-left: 12px; white-space: pre; tab-size: 4; font: 12px/20px var(--jp-code-font-family, ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace); font-variant-ligatures: none; }
.sc-head-row .sc-text { font: inherit; line-height: 24px; }
.sc-names { color: var(--muted); font-family: var(--jp-ui-font-family, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", Arial, sans-serif); }
.sc-gap { color: var(--muted); }
.sc-gap .sc-text { background: repeating-linear-gradient(135deg, var(--soft) 0 4px, transparent 4px 8px); }
.sc-row:hover .sc-text { background-color: var(--soft); }
.sc-hottest .sc-line { color: var(--fg); font-weight: 700; box-shadow: inset 4px 0 var(--sc-hot-edge); }
.sc-hottest .sc-self { font-weight: 700; }
.sc-active { --sc-ground: var(--sc-active); }
.sc-active .sc-cell:not(.sc-self), .sc-active:hover .sc-text { background-color: var(--sc-active); }
.sc-active .sc-line { color: var(--fg); }
.sc-grid:focus-visible .sc-active .sc-cell { border-block: 2px solid var(--accent); line-height: 16px; }
.sc-comment { color: var(--sc-comment); font-style: italic; }
.sc-string { color: var(--sc-string); }
.sc-number { color: var(--sc-number); }
.sc-keyword { color: var(--sc-keyword); }
.sc-decorator { color: var(--sc-decorator); }
.sc-definition { color: var(--sc-definition); font-weight: 600; }
.sc-status { min-height: 18px; color: var(--muted); font-variant-numeric: tabular-nums; }

@container sc (max-width: 520px) {
  .sc-grid { --sc-numbers: 72px; }
  .sc-total { display: none; }
  .sc-self { border-right: 1px solid var(--line); }
  .sc-others { max-width: 130px; }
}
@media (forced-colors: active) {
  .sc-active { outline: 2px solid Highlight; outline-offset: -2px; }
}
`;
