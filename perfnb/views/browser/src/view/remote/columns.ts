// Columns as perfnb/views/explore/wire.py sends them.
import type {CallTree} from "../../core/calltree";
import type {Buffers, Message} from "./transport";

export class Columns {
  private readonly found = new Map<string, {readonly dtype: string; readonly data: DataView}>();

  constructor({columns}: Message, buffers: Buffers) {
    ((columns ?? []) as readonly (readonly [string, string])[]).forEach(([name, dtype], at) => {
      this.found.set(name, {dtype, data: buffers[at]});
    });
  }

  has(name: string): boolean {
    return this.found.has(name);
  }

  i4(name: string): Int32Array {
    return new Int32Array(this.bytes(name, "i4"));
  }

  f8(name: string): Float64Array {
    return new Float64Array(this.bytes(name, "f8"));
  }

  text(name: string): string {
    return new TextDecoder().decode(this.bytes(name, "text"));
  }

  tree(prefix = ""): CallTree {
    return {
      parent: this.i4(`${prefix}parent`),
      function: this.i4(`${prefix}function`),
      line: this.i4(`${prefix}line`),
      thread: this.i4(`${prefix}thread`),
      self: this.f8(`${prefix}self`),
      total: this.f8(`${prefix}total`),
      selfSamples: this.f8(`${prefix}selfSamples`),
      totalSamples: this.f8(`${prefix}totalSamples`),
      hidden: this.f8(`${prefix}hidden`),
    };
  }

  /** Copied: typed arrays need aligned ones. */
  private bytes(name: string, dtype: string): ArrayBuffer {
    const column = this.found.get(name);
    if (column === undefined || column.dtype !== dtype) {
      throw new Error(`the kernel's answer has no ${dtype} column ${name}`);
    }
    const {buffer, byteOffset, byteLength} = column.data;
    return buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer;
  }
}
