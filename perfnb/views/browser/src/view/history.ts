// Undo and redo of what the reader filters by.
import type {Settings} from "./settings";

const STEPS = ["filters", "merge", "inverted", "splitThreads"] as const;
type Step = Pick<Settings, (typeof STEPS)[number]>;

const MOST = 200;
/** Changes of the time range that follow each other this soon are one movement of the hand. */
const ONE_MOVE_MS = 600;

export class History {
  private readonly past: Step[] = [];
  private readonly future: Step[] = [];
  private lastMove = -Infinity;

  get canUndo(): boolean {
    return this.past.length > 0;
  }

  get canRedo(): boolean {
    return this.future.length > 0;
  }

  /** Remembers where the reader was, before a change. */
  note(now: Settings, patch: Partial<Settings>, time: number): void {
    if (!STEPS.some((name) => name in patch && JSON.stringify(patch[name]) !== JSON.stringify(now[name]))) {
      return;
    }
    const moving = onlyTime(now, patch);
    const goesOn = moving && time - this.lastMove < ONE_MOVE_MS;
    this.lastMove = moving ? time : -Infinity;
    this.future.length = 0;
    if (!goesOn) {
      this.past.push(stepOf(now));
      if (this.past.length > MOST) {
        this.past.shift();
      }
    }
  }

  undo(now: Settings): Step | null {
    return this.go(now, this.past, this.future);
  }

  redo(now: Settings): Step | null {
    return this.go(now, this.future, this.past);
  }

  private go(now: Settings, from: Step[], to: Step[]): Step | null {
    const step = from.pop() ?? null;
    if (step !== null) {
      to.push(stepOf(now));
      this.lastMove = -Infinity;
    }
    return step;
  }
}

function stepOf({filters, merge, inverted, splitThreads}: Settings): Step {
  return {filters, merge, inverted, splitThreads};
}

function onlyTime(now: Settings, patch: Partial<Settings>): boolean {
  const rest = (filters: Settings["filters"]): string => JSON.stringify(filters.filter(({kind}) => kind !== "time"));
  return Object.keys(patch).length === 1 && patch.filters !== undefined && rest(patch.filters) === rest(now.filters);
}
