// The flame graph as a Bokeh model: the panel's settings as properties, in both directions.
import {LayoutDOM, LayoutDOMView} from "@bokehjs/models/layouts/layout_dom";
import type {UIElement} from "@bokehjs/models/ui/ui_element";
import type {StyleSheetLike} from "@bokehjs/core/dom";
import type * as p from "@bokehjs/core/properties";
import {normalize, type Filter} from "../core/filters";
import type {Merge} from "../core/keys";
import type {ColorBy} from "../core/palette";
import {keepKeys} from "../view/keyboard";
import {Panel} from "../view/panel";
import type {Probe} from "../view/probe";
import type {Orientation} from "../view/rows";
import type {Tables} from "../core/tables";
import type {Engine, FunctionRef} from "../view/engine";
import {AssistedEngine} from "../view/assisted";
import {LocalEngine} from "../view/local";
import {RemoteEngine} from "../view/remote/engine";
import type {HonestyItem, Level, Settings, TableRows, ViewName} from "../view/settings";
import {STYLE} from "../view/style";
import type {ThemeChoice} from "../view/theme";
import {ProfileSource} from "./profile_source";

/** Bokeh hands a dictionary over as an object or as a Map. */
type Dict = Readonly<Record<string, string>> | ReadonlyMap<string, string>;

export class FlameGraphView extends LayoutDOMView {
  declare model: FlameGraph;
  private panel: Panel | null = null;
  private readonly removal = new AbortController();
  private announced = false;

  get child_models(): UIElement[] {
    return [];
  }

  override stylesheets(): StyleSheetLike[] {
    return [...super.stylesheets(), STYLE];
  }

  override initialize(): void {
    super.initialize();
    this.panel = new Panel(settingsOf(this.model), {
      change: (patch) => this.model.setv(attrsOf(patch)),
      focused: (path) => this.model.setv({focus: path}),
      painted: (milliseconds) => this.announce("perfnb:painted", {paint_ms: milliseconds}),
      failed: (message) => this.announce("perfnb:failed", {message}),
    });
    keepKeys(this.el, this.removal.signal);
    // For tests, which otherwise could not see into a canvas.
    Object.defineProperty(this.el, "perfnb", {value: {probe: () => this.probe()}, configurable: true});
  }

  override async lazy_initialize(): Promise<void> {
    await super.lazy_initialize();
    await this.load();
  }

  override connect_signals(): void {
    super.connect_signals();
    const {source, focus: _, ...shown} = ownProperties(this.model);
    this.on_change(Object.values(shown), () => this.panel?.update(settingsOf(this.model)));
    this.on_transitive_change(source, () => void this.load());
  }

  override render(): void {
    super.render();
    if (this.panel !== null) {
      this.shadow_el.append(this.panel.el);
    }
  }

  override remove(): void {
    this.removal.abort();
    this.panel?.dispose();
    this.panel = null;
    super.remove();
  }

  probe(): Probe | null {
    return this.panel?.probe() ?? null;
  }

  private async load(): Promise<void> {
    const {source} = this.model;
    try {
      const tables = await source.decode();
      if (source === this.model.source) {
        this.panel?.open(engineOf(source, tables, () => this.el.clientWidth));
      }
    } catch (error) {
      // The rest of the document must not go down with one profile that cannot be read.
      this.panel?.fail(error instanceof Error ? error.message : String(error));
    }
  }

  /** Tells the page, once, that there is something to see: a loader takes its placeholder away. */
  private announce(type: "perfnb:painted" | "perfnb:failed", about: object): void {
    if (!this.announced) {
      this.announced = true;
      const detail = {time: performance.now(), ...about};
      this.el.dispatchEvent(new CustomEvent(type, {bubbles: true, composed: true, detail}));
    }
  }
}

function engineOf({remote, transport}: ProfileSource, tables: Tables, width: () => number): Engine {
  if (transport === null) {
    return new LocalEngine(tables);
  }
  const kernel = new RemoteEngine(tables, transport, width);
  return remote ? kernel : new AssistedEngine(tables, kernel);
}

export namespace FlameGraph {
  export type Attrs = p.AttrsOf<Props>;
  export type Props = LayoutDOM.Props & OwnProps;
  export type OwnProps = {
    source: p.Property<ProfileSource>;
    title: p.Property<string>;
    merge: p.Property<Merge>;
    inverted: p.Property<boolean>;
    orientation: p.Property<Orientation>;
    color_by: p.Property<ColorBy>;
    view: p.Property<ViewName>;
    timeline: p.Property<boolean>;
    table: p.Property<boolean>;
    table_rows: p.Property<TableRows>;
    filters: p.Property<unknown[]>;
    function: p.Property<Dict | null>;
    split_threads: p.Property<boolean>;
    pattern: p.Property<string>;
    focus: p.Property<string[]>;
    frame_height: p.Property<number>;
    max_rows_height: p.Property<number>;
    theme: p.Property<ThemeChoice>;
    honesty: p.Property<Dict[]>;
    summary: p.Property<string>;
  };
}

export interface FlameGraph extends FlameGraph.Attrs {}

export class FlameGraph extends LayoutDOM {
  declare properties: FlameGraph.Props;
  declare __view_type__: FlameGraphView;

  constructor(attrs?: Partial<FlameGraph.Attrs>) {
    super(attrs);
  }

  static {
    this.__qualified__ = "perfnb.FlameGraph";
    this.prototype.default_view = FlameGraphView;
    this.define<FlameGraph.Props>(({Any, Bool, Dict, Enum, Int, List, Nullable, Ref, Str}) => ({
      source: [Ref(ProfileSource)],
      title: [Str, ""],
      merge: [Enum("cell", "line", "function"), "cell"],
      inverted: [Bool, false],
      orientation: [Enum("icicle", "flame"), "icicle"],
      color_by: [Enum("name", "kind", "module", "self", "thread", "state"), "name"],
      view: [Enum("flame", "chart", "sandwich", "source"), "flame"],
      timeline: [Bool, false],
      table: [Bool, false],
      table_rows: [Enum("functions", "threads"), "functions"],
      filters: [List(Any), []],
      function: [Nullable(Dict(Str)), null],
      split_threads: [Bool, false],
      pattern: [Str, ""],
      focus: [List(Str), []],
      frame_height: [Int, 18],
      max_rows_height: [Int, 480],
      theme: [Enum("auto", "light", "dark"), "auto"],
      honesty: [List(Dict(Str)), []],
      summary: [Str, ""],
    }));
    this.override<FlameGraph.Props>({sizing_mode: "stretch_width"});
  }
}

function ownProperties({properties: all}: FlameGraph): FlameGraph.OwnProps {
  return {
    source: all.source,
    title: all.title,
    merge: all.merge,
    inverted: all.inverted,
    orientation: all.orientation,
    color_by: all.color_by,
    view: all.view,
    timeline: all.timeline,
    table: all.table,
    table_rows: all.table_rows,
    filters: all.filters,
    function: all.function,
    split_threads: all.split_threads,
    pattern: all.pattern,
    focus: all.focus,
    frame_height: all.frame_height,
    max_rows_height: all.max_rows_height,
    theme: all.theme,
    honesty: all.honesty,
    summary: all.summary,
  };
}

function settingsOf(model: FlameGraph): Settings {
  return {
    title: model.title,
    merge: model.merge,
    inverted: model.inverted,
    orientation: model.orientation,
    colorBy: model.color_by,
    view: model.view,
    timeline: model.timeline,
    table: model.table,
    tableRows: model.table_rows,
    filters: filtersOf(model.filters),
    chosen: refOf(model.function),
    splitThreads: model.split_threads,
    pattern: model.pattern,
    frameHeight: model.frame_height,
    maxRowsHeight: model.max_rows_height,
    theme: model.theme,
    honesty: model.honesty.map(honestyItem),
    summary: model.summary,
  };
}

/** The settings that the reader can change in the view. */
function attrsOf(patch: Partial<Settings>): Partial<FlameGraph.Attrs> {
  const {view, timeline, table, tableRows, filters, merge, inverted, orientation, colorBy, splitThreads, pattern, chosen} = patch;
  const attrs: Partial<FlameGraph.Attrs> = {
    view,
    timeline,
    table,
    table_rows: tableRows,
    filters: filters && [...filters],
    merge,
    inverted,
    orientation,
    color_by: colorBy,
    split_threads: splitThreads,
    pattern,
    function: chosen && {...chosen},
  };
  return Object.fromEntries(Object.entries(attrs).filter(([, value]) => value !== undefined));
}

const known = new WeakMap<unknown[], readonly Filter[]>();

/** The same list gives the same filters: views tell by that whether something has changed. */
function filtersOf(raw: unknown[]): readonly Filter[] {
  let filters = known.get(raw);
  if (filters === undefined) {
    known.set(raw, (filters = normalize(raw)));
  }
  return filters;
}

const refs = new WeakMap<object, FunctionRef>();

function refOf(dict: Dict | null): FunctionRef | null {
  if (dict === null) {
    return null;
  }
  let ref = refs.get(dict);
  if (ref === undefined) {
    const get = getter(dict);
    refs.set(dict, (ref = {name: get("name"), file: get("file"), module: get("module"), kind: get("kind")}));
  }
  return ref;
}

function getter(item: Dict): (name: string) => string {
  return (name) => (item instanceof Map ? item.get(name) : (item as Readonly<Record<string, string>>)[name]) ?? "";
}

function honestyItem(item: Dict): HonestyItem {
  const get = getter(item);
  const level = get("level");
  return {
    label: get("label"),
    text: get("text"),
    level: (["ok", "note", "warn"] as const).find((known: Level) => known === level) ?? "note",
    help: get("help"),
  };
}
