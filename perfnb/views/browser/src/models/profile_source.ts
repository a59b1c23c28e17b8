// A profile's tables, decoded once for every view that shows them.
import {Model} from "@bokehjs/model";
import type * as p from "@bokehjs/core/properties";
import {decode, decompress, type Tables} from "../core/tables";
import type {Transport} from "../view/remote/transport";

export namespace ProfileSource {
  export type Attrs = p.AttrsOf<Props>;
  export type Props = Model.Props & {
    tables: p.Property<ArrayBuffer>;
    remote: p.Property<boolean>;
  };
}

export interface ProfileSource extends ProfileSource.Attrs {}

const decoded = new WeakMap<ArrayBuffer, Promise<Tables>>();

export class ProfileSource extends Model {
  declare properties: ProfileSource.Props;
  /** The way to a kernel that has the profile, where there is one. Set by who shows the document. */
  transport: Transport | null = null;

  constructor(attrs?: Partial<ProfileSource.Attrs>) {
    super(attrs);
  }

  static {
    // Bokeh 3.9 and 3.10 find a class's name in different places; both look here first.
    this.__qualified__ = "perfnb.ProfileSource";
    this.define<ProfileSource.Props>(({Bool, Bytes}) => ({
      tables: [Bytes, new ArrayBuffer(0)],
      remote: [Bool, false],
    }));
  }

  decode(): Promise<Tables> {
    const {tables} = this;
    let promise = decoded.get(tables);
    if (promise === undefined) {
      promise = decompress(tables).then(decode);
      decoded.set(tables, promise);
    }
    return promise;
  }
}
