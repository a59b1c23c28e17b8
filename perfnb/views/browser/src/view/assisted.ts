// Tables that are in the page, with a kernel beside them that can read files.
import type {Tables} from "../core/tables";
import type {Engine, FunctionRef, Query, SourceAnswer, Watcher} from "./engine";
import {LocalEngine} from "./local";

export class AssistedEngine extends LocalEngine {
  constructor(
    tables: Tables,
    private readonly kernel: Engine,
  ) {
    super(tables);
  }

  override source(query: Query, ref: FunctionRef, done: (source: SourceAnswer) => void): void {
    if (this.tables.sources.has(ref.file)) {
      super.source(query, ref, done);
    } else {
      this.kernel.source(query, ref, done);
    }
  }

  watch(watcher: Watcher): void {
    this.kernel.watch?.(watcher);
  }

  dispose(): void {
    this.kernel.dispose?.();
  }
}
