// How a view speaks with the kernel, whatever carries the messages.

/** They may lie anywhere in a larger buffer, aligned to nothing. */
export type Buffers = readonly DataView[];

export interface Message {
  readonly type: string;
  /** The question that this is about. */
  readonly id?: number;
  readonly [key: string]: unknown;
}

export interface Transport {
  send(message: Message): void;
  /** Returns a function that ends it. */
  onMessage(listener: (message: Message, buffers: Buffers) => void): () => void;
}
