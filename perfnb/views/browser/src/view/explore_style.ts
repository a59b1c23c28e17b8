// The style of what surrounds the views: tabs, filters, panes, menus.

export const EXPLORE_STYLE = /* css */ `
.views { display: flex; align-items: center; flex-wrap: wrap; gap: 6px 10px; border-bottom: 1px solid var(--line); padding-bottom: 0; }
.tabs { display: flex; gap: 2px; min-width: 0; overflow-x: auto; scrollbar-width: none; align-self: flex-end; }
.tabs button { flex: none; padding: 4px 10px 5px; border: 0; border-bottom: 2px solid transparent; margin-bottom: -1px; border-radius: 6px 6px 0 0; background: none; color: var(--muted); cursor: pointer; white-space: nowrap; }
.tabs button:hover { background: var(--hover); color: var(--fg); }
.tabs button[aria-selected="true"] { color: var(--fg); font-weight: 600; border-bottom-color: var(--accent); }
.tabs button:focus-visible { outline-offset: -2px; }
.beside, .steps { display: flex; gap: 4px; padding-bottom: 4px; }
.beside { margin-left: auto; }

.filterbox { display: flex; align-items: center; flex-wrap: wrap; gap: 6px; padding: 7px 8px; border: 1px solid var(--line); border-radius: 6px; background: var(--soft); }
.filterbox-pattern { display: flex; flex: 1 1 300px; gap: 6px; min-width: 0; }
.filterbox-waits { display: flex; flex: 1 1 100%; align-items: center; flex-wrap: wrap; gap: 6px 18px; }
.filterbox-group { display: inline-flex; align-items: center; flex-wrap: wrap; gap: 6px; color: var(--muted); }
.filterbox-group .button { color: var(--fg); }
.filterbox-group .button[aria-pressed="true"] .legend-value { color: inherit; }
.filterbox .filterbox-length { flex: none; width: 76px; }
.filterbox input { flex: 1; min-width: 60px; height: 26px; padding: 0 8px; border: 1px solid var(--line); border-radius: 6px; background: var(--control); color: var(--fg); }
.filterbox input:focus-visible { outline: 2px solid var(--accent); outline-offset: 0; }
.filterbox input[aria-invalid="true"] { border-color: var(--bad); outline-color: var(--bad); }
.filterbox input::placeholder { color: var(--muted); opacity: 1; }

.filters { display: flex; align-items: center; flex-wrap: wrap; gap: 5px 6px; }
.filter { display: inline-flex; align-items: center; gap: 6px; max-width: 100%; height: 24px; padding-left: 9px; border: 1px solid var(--accent); border-radius: 12px; background: var(--accent-soft); }
.filter-what { flex: none; color: var(--muted); white-space: nowrap; }
.filter-what:not(:has(+ .filter-which)) { color: var(--fg); }
.filter-which { min-width: 0; max-width: 360px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; font-weight: 600; }
.filter button { display: inline-flex; align-items: center; justify-content: center; flex: none; width: 22px; height: 22px; padding: 0; border: 0; border-radius: 11px; background: none; color: var(--muted); cursor: pointer; }
.filter button:hover { background: var(--hover); color: var(--fg); }
.filter button .icon { width: 11px; height: 11px; }
.filter-error { color: var(--bad); }
.button.small { height: 24px; padding: 0 8px; border-color: transparent; background: none; color: var(--muted); }
.button.small:hover { color: var(--fg); }
.button.small.done { color: var(--accent); }

.progress { position: relative; overflow: hidden; padding: 3px 9px; border-radius: 6px; background: var(--soft); color: var(--muted); }
.progress::before { content: ""; position: absolute; inset: 0 auto 0 0; width: var(--part, 0); background: var(--accent-soft); }

.partial { padding: 3px 9px; border-radius: 6px; background: var(--soft); color: var(--muted); }

.body { display: grid; grid-template-columns: minmax(0, 1fr); gap: 10px; min-width: 0; }
.middle, .side, .main { min-width: 0; }
.main { display: flex; flex-direction: column; gap: 4px; }
.pane-head { display: flex; align-items: center; flex-wrap: wrap; gap: 4px 8px; min-height: 26px; color: var(--muted); }
.pane-head strong { color: var(--fg); overflow-wrap: anywhere; }
.pane-head select { color: var(--fg); }
.pane-head .place { flex: 0 1 auto; min-width: 0; overflow: hidden; text-overflow: ellipsis; }
.pane-title { color: var(--muted); font-size: 11px; line-height: 16px; }
.sandwich section { min-width: 0; }

.popup { position: fixed; inset: 0 auto auto 0; z-index: 1001; box-sizing: border-box; width: max-content; min-width: 190px; max-width: min(420px, calc(100vw - 12px)); height: auto; max-height: calc(100vh - 12px); margin: 0; padding: 4px; overflow: auto; border: 1px solid var(--tip-line); border-radius: 8px; background: var(--tip); color: var(--fg); box-shadow: var(--shadow); font-size: 12px; line-height: 18px; }
.popup-title { padding: 3px 8px 4px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; font-weight: 600; }
.popup button { display: flex; gap: 8px; width: 100%; padding: 4px 8px; border: 0; border-radius: 5px; background: none; color: inherit; text-align: left; cursor: pointer; white-space: nowrap; }
.popup button.apart { margin-top: 5px; }
.popup button.apart::before { content: ""; position: absolute; left: 8px; right: 8px; margin-top: -7px; border-top: 1px solid var(--line); }
.popup button:focus { outline: 0; background: var(--accent-soft); }
.popup button:focus-visible { outline: 2px solid var(--accent); outline-offset: -2px; }
.popup-detail { min-width: 0; overflow: hidden; text-overflow: ellipsis; color: var(--muted); }

@container (min-width: 900px) { .body.with-side { grid-template-columns: minmax(0, 1.55fr) minmax(0, 1fr); align-items: start; } }
@container (max-width: 560px) { .views { gap: 4px 6px; } .tabs { flex-basis: 100%; } .tabs button { padding: 4px 7px 5px; } .beside { margin-left: 0; } .steps { margin-left: auto; } .filterbox-pattern { flex-wrap: wrap; } }
`;
