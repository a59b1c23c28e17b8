// Only the rows that are seen, and a few around them, are in the document. An element stays with
// its row for as long as the row is near, so that a screen reader's place in it stays too.

export interface Slot {
  readonly el: HTMLElement;
}

export interface RowSource<S extends Slot> {
  readonly rowHeight: number;
  /** Of what sticks to the top of the scrolled area, in pixels. */
  readonly headHeight: number;
  make(): S;
  fill(slot: S, index: number): void;
  /** Other rows are in the document now. */
  moved(): void;
}

const AROUND = 10;
/** Pixels: a container that grows with its content must not get all the rows. */
const TALLEST = 4000;

export class RowWindow<S extends Slot> {
  private count = 0;
  private readonly slots = new Map<number, S>();
  private spare: S[] = [];
  private top = 0;
  /** To be scrolled to as soon as there is room: the container may be hidden now. */
  private awaited = -1;
  private readonly observer: ResizeObserver;
  private readonly stopped = new AbortController();

  constructor(
    private readonly scroller: HTMLElement,
    private readonly body: HTMLElement,
    private readonly source: RowSource<S>,
  ) {
    this.observer = new ResizeObserver(() => this.resized());
    this.observer.observe(scroller);
    scroller.addEventListener("scroll", () => this.scrolled(), {passive: true, signal: this.stopped.signal});
  }

  /** So many rows, all of them other ones than before. */
  open(count: number): void {
    this.count = count;
    this.body.style.height = `${count * this.source.rowHeight}px`;
    // Their elements stay where they are: the first row is in the first one again.
    const slots = [...this.slots].sort(([a], [b]) => b - a).map(([, slot]) => slot);
    this.slots.clear();
    this.spare.push(...slots);
    this.update();
    this.spare.forEach(({el}) => el.remove());
  }

  /** The same rows, which look different now. */
  refill(): void {
    this.each((slot, index) => this.source.fill(slot, index));
  }

  each(visit: (slot: S, index: number) => void): void {
    this.slots.forEach(visit);
  }

  at(index: number): S | undefined {
    return this.slots.get(index);
  }

  /** Whole rows that fit at once. */
  get page(): number {
    return Math.max(1, Math.floor(this.room / this.source.rowHeight));
  }

  /** Scrolls as little as it takes, or with `centred` to the middle if the row is not seen. */
  reveal(index: number, centred = false): void {
    const {rowHeight} = this.source;
    const {room} = this;
    if (room <= 0) {
      this.awaited = index;
      return;
    }
    this.awaited = -1;
    const top = index * rowHeight;
    const at = this.scroller.scrollTop;
    if (top >= at && top + rowHeight <= at + room) {
      return;
    }
    const middle = Math.round(top - (room - rowHeight) / 2);
    this.scroller.scrollTop = centred ? middle : top < at ? top : top + rowHeight - room;
    this.scrolled();
  }

  /** The rows that are seen, at least in part. */
  get seen(): readonly (readonly [index: number, slot: S])[] {
    const {rowHeight} = this.source;
    const from = this.scroller.scrollTop;
    const to = from + this.room;
    const isSeen = (index: number): boolean => (index + 1) * rowHeight > from && index * rowHeight < to;
    return [...this.slots].filter(([index]) => isSeen(index)).sort(([a], [b]) => a - b);
  }

  dispose(): void {
    this.observer.disconnect();
    this.stopped.abort();
  }

  private get room(): number {
    return this.scroller.clientHeight - this.source.headHeight;
  }

  private scrolled(): void {
    if (this.room > 0) {
      this.top = this.scroller.scrollTop;
      this.update();
    }
  }

  private resized(): void {
    if (this.room <= 0) {
      return;
    }
    // An element that was hidden has lost its place.
    if (this.scroller.scrollTop === 0 && this.top > 0) {
      this.scroller.scrollTop = this.top;
    }
    this.update();
    if (this.awaited >= 0) {
      this.reveal(Math.min(this.awaited, this.count - 1), true);
    }
  }

  private update(): void {
    const {rowHeight} = this.source;
    const room = Math.min(this.room, TALLEST);
    const top = this.scroller.scrollTop;
    const first = Math.max(0, Math.floor(top / rowHeight) - AROUND);
    const last = room <= 0 ? first : Math.min(this.count, Math.ceil((top + room) / rowHeight) + AROUND);
    for (const [index, slot] of this.slots) {
      if (index < first || index >= last) {
        this.slots.delete(index);
        this.spare.push(slot);
        // Out of the document at once: left in it, it would make all the others move past it.
        slot.el.remove();
      }
    }
    for (let index = first; index < last; index++) {
      if (!this.slots.has(index)) {
        const slot = this.spare.pop() ?? this.source.make();
        // Not a transform: boxes in the layout end at whole pixels of the screen, without seams.
        slot.el.style.top = `${index * rowHeight}px`;
        this.slots.set(index, slot);
        this.source.fill(slot, index);
      }
    }
    this.inOrder(first, last);
    this.source.moved();
  }

  /** Screen readers read in the order of the document. */
  private inOrder(first: number, last: number): void {
    let next = this.body.firstChild;
    for (let index = first; index < last; index++) {
      const el = this.slots.get(index)?.el;
      if (el === undefined) {
        continue;
      }
      if (el === next) {
        next = next.nextSibling;
      } else {
        this.body.insertBefore(el, next);
      }
    }
  }
}
