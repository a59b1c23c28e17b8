// The engine over tables that are in the page: everything is answered at once, with no kernel.
import {chart} from "../core/chart";
import {applyFilters} from "../core/filters";
import {functionTable, type FunctionTable} from "../core/functions";
import {lineTable} from "../core/lines";
import {callees, callers} from "../core/sandwich";
import type {Tables} from "../core/tables";
import {lanes, type Lanes} from "../core/timeline";
import {idOf, type ChartAnswer, type Engine, type FunctionRef, type Query, type SourceAnswer} from "./engine";
import {Scene} from "./scene";

export class LocalEngine implements Engine {
  constructor(readonly tables: Tables) {}

  tree(query: Query, done: (scene: Scene) => void): void {
    done(Scene.of(this.chosen(query), query));
  }

  closer(_: Query, scene: Scene, __: number, done: (scene: Scene) => void): void {
    done(scene);
  }

  functions(query: Query, done: (table: FunctionTable) => void): void {
    done(functionTable(this.chosen(query)));
  }

  lanes(query: Query, bins: number, done: (lanes: Lanes) => void): void {
    const filters = query.filters.filter(({kind}) => kind !== "time");
    // Not through the views' own memory of filters: brushing must not drive out what it shows.
    const tables = filters.length === 0 ? this.tables : applyFilters(this.tables, filters);
    done(lanes(tables, {from: 0, to: endOf(this.tables), bins}));
  }

  chart(query: Query, thread: number, from: number, to: number, done: (chart: ChartAnswer) => void): void {
    const tables = this.chosen(query);
    done({...chart(tables, {thread, merge: query.merge, from, to}), tables});
  }

  sandwich(query: Query, ref: FunctionRef, done: (callers: Scene, callees: Scene) => void): void {
    const tables = this.chosen(query);
    const id = idOf(tables, ref);
    const options = {merge: query.merge, inverted: false, splitThreads: false};
    done(
      Scene.of(callers(tables, id), options).named(`callers of ${ref.name}`, true),
      Scene.of(callees(tables, id), options).named(`callees of ${ref.name}`),
    );
  }

  source(query: Query, ref: FunctionRef, done: (source: SourceAnswer) => void): void {
    const {file} = ref;
    const text = this.tables.sources.get(file);
    const tables = this.chosen(query);
    const lines = lineTable(tables, file);
    const {ids, self, total, whole} = functionTable(tables);
    const at = ids.indexOf(idOf(tables, ref));
    const own = at < 0 ? {self: 0, total: 0} : {self: self[at], total: total[at]};
    done({file, lines, whole, ...own, note: text?.note ?? noText(ref), chunks: text?.chunks ?? []});
  }

  private chosen({filters}: Query): Tables {
    return applyFilters(this.tables, filters);
  }
}

/** The end of the recording; where that is not known, of the last sample. */
export function endOf({meta, samples: {time, duration}}: Tables): number {
  let end = meta.end ?? 0;
  if (time !== null && time.length > 0) {
    const last = time[time.length - 1];
    end = Math.max(end, last + (duration === null ? (meta.period ?? 0) : 0), last + 1);
    // What began before others may end after them.
    duration?.forEach((lasts, row) => {
      end = Math.max(end, time[row] + lasts);
    });
  }
  return end;
}

function noText({file, kind}: FunctionRef): string {
  if (file === "" || file.startsWith("<")) {
    return "This function has no source file.";
  }
  return kind === "python"
    ? "The text of this file is not stored with the picture: profile.flame(source=\"all\") stores it, and perfnb.explore(profile) reads it from the disk."
    : "There is no source text of compiled code here.";
}
