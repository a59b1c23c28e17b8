// Which part of the profile the canvas shows, and the way there.

const ZOOM_MS = 180;

/** No profile needs a closer look than this part of its whole. */
const CLOSEST = 1e-9;

export class Camera {
  x0 = 0;
  x1 = 1;
  /** On the way to somewhere. */
  gliding = false;
  private extent = 1;
  private frame = 0;

  constructor(private readonly moved: () => void) {}

  get span(): number {
    return this.x1 - this.x0;
  }

  /** Starts afresh on a profile of this extent. */
  open(extent: number): void {
    this.stop();
    this.extent = extent > 0 ? extent : 1;
    [this.x0, this.x1] = [0, this.extent];
  }

  jump(x0: number, x1: number): void {
    this.stop();
    this.set(x0, x1);
  }

  /** Moves there within a moment. */
  glide(x0: number, x1: number): void {
    this.stop();
    if (window.matchMedia("(prefers-reduced-motion: reduce)").matches) {
      this.set(x0, x1);
      return;
    }
    this.gliding = true;
    const [from0, from1, start] = [this.x0, this.x1, performance.now()];
    const step = (now: number): void => {
      const progress = Math.min(1, Math.max(0, (now - start) / ZOOM_MS));
      const eased = 1 - (1 - progress) ** 3;
      this.frame = progress < 1 ? requestAnimationFrame(step) : 0;
      if (progress < 1) {
        this.set(from0 + (x0 - from0) * eased, from1 + (x1 - from1) * eased);
      } else {
        this.gliding = false;
        this.set(x0, x1);
      }
    };
    this.frame = requestAnimationFrame(step);
  }

  /** `factor` < 1 comes closer; `anchor` stays where it is on the screen. */
  zoom(anchor: number, factor: number): void {
    const span = Math.min(this.extent, Math.max(this.extent * CLOSEST, this.span * factor));
    const x0 = anchor - ((anchor - this.x0) / this.span) * span;
    this.jump(x0, x0 + span);
  }

  pan(distance: number): void {
    this.jump(this.x0 + distance, this.x1 + distance);
  }

  stop(): void {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    this.gliding = false;
  }

  private set(x0: number, x1: number): void {
    const span = Math.min(this.extent, Math.max(this.extent * CLOSEST, x1 - x0));
    this.x0 = Math.min(Math.max(0, x0), this.extent - span);
    this.x1 = this.x0 + span;
    this.moved();
  }
}
