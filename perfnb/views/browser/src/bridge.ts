// A Bokeh document in a widget: it comes over the widget's messages, and so does what its views
// ask for. BokehJS is the page's own; where Jupyter serves no files, it comes over them too.
import {perfnbPreload} from "./loader";
import type {Buffers, Message, Transport} from "./view/remote/transport";

interface WidgetModel {
  get(name: string): unknown;
  send(content: object, callbacks?: object, buffers?: readonly ArrayBuffer[]): void;
  on(event: "msg:custom", listener: Listener): void;
  off(event: "msg:custom", listener: Listener): void;
}

type Listener = (message: Message, buffers: Buffers) => void;

/** As much of BokehJS as is spoken with here. */
interface Bokeh {
  readonly version: string;
  require(module: string): any;
}

interface BokehModel {
  readonly properties: Record<string, {readonly change: {connect(slot: () => void): void}}>;
  setv(values: object): void;
  [name: string]: unknown;
}

interface Page {
  __perfnb?: Promise<Bokeh> | undefined;
  __perfnb_bokeh?: Bokeh;
  Bokeh?: Bokeh;
}

/** What the reader changes in the view, and the kernel wants to know. */
const WATCHED = [
  "filters", "function", "view", "merge", "inverted", "orientation", "color_by", "split_threads",
  "pattern", "focus", "timeline", "table", "table_rows",
] as const;

let views = 0;

class BridgeView {
  private readonly id = `${Date.now().toString(36)}-${++views}`;
  private readonly live = document.createElement("div");
  private readonly trouble = document.createElement("div");
  private readonly listeners = new Set<Listener>();
  private readonly heard: Listener = (message, buffers) => this.hear(message, buffers);
  private document: {clear(): void} | null = null;
  private root: BokehModel | null = null;
  private scripts: ((texts: Buffers) => void) | null = null;
  /** What the kernel has set: no news to it. */
  private told = new Map<string, string>();
  private shown = Promise.resolve();

  constructor(
    private readonly model: WidgetModel,
    el: HTMLElement,
  ) {
    this.trouble.setAttribute("role", "status");
    this.trouble.className = "perfnb-trouble";
    this.trouble.style.cssText = "font-size:13px;padding:4px 0;white-space:pre-wrap";
    this.live.className = "perfnb-live";
    this.live.addEventListener("perfnb:painted", () => {
      el.dataset["perfnb"] = "live";
      this.showStill(false);
    });
    el.append(this.trouble, this.live);
    model.on("msg:custom", this.heard);
    this.say("Waiting for the kernel. If it is gone, run the cell again.");
    this.send({type: "open"});
  }

  dispose(): void {
    this.model.off("msg:custom", this.heard);
    this.listeners.clear();
    this.document?.clear();
    this.showStill(true);
  }

  private hear(message: Message, buffers: Buffers): void {
    if (message["view"] !== this.id && message["view"] != null) {
      return;
    }
    switch (message.type) {
      case "document":
        // One after the other: embedding takes a moment.
        this.shown = this.shown
          .then(() => this.show(message, buffers))
          .catch((error: unknown) => this.complain(error instanceof Error ? error.message : String(error)));
        break;
      case "scripts":
        this.scripts?.(buffers);
        break;
      case "set":
        if (message["origin"] !== this.id) {
          this.set(message["properties"] as Record<string, unknown>);
        }
        break;
      case "error":
        // Where there was a question, whoever asked it tells the reader.
        if (message.id == null) {
          this.complain(String(message["message"]), String(message["hint"] ?? ""));
        }
        break;
      case "quiet":
        this.say("");
        break;
    }
    for (const listener of this.listeners) {
      listener(message, buffers);
    }
  }

  private async show(message: Message, buffers: Buffers): Promise<void> {
    const bokeh = await this.bokeh();
    const {Document} = bokeh.require("document");
    const {add_document_standalone} = bokeh.require("embed/standalone");
    const ids = message["buffers"] as string[];
    const bytes = new Map(ids.map((id, at) => [id, copied(buffers[at])]));
    const made = Document.from_json(JSON.parse(String(message["json"])), undefined, bytes);
    this.document?.clear();
    this.listeners.clear();
    this.live.replaceChildren();
    this.document = made;
    this.root = made.roots()[0] as BokehModel;
    this.told.clear();
    const source = this.root["source"] as {transport?: Transport} | undefined;
    if (source !== undefined) {
      source.transport = this.transport;
    }
    for (const name of WATCHED) {
      this.root.properties[name]?.change.connect(() => this.tell(name));
    }
    this.say("");
    await add_document_standalone(made, this.live);
  }

  /** What has come into the page before, or is served by Jupyter, or is sent for. */
  private async bokeh(): Promise<Bokeh> {
    const page = globalThis as Page;
    const places = this.model.get("places") as {folder: string; bokeh: string; extension: string};
    if (page.__perfnb === undefined && places.folder !== undefined) {
      perfnbPreload(places);
    }
    const found = page.__perfnb ?? Promise.reject(new Error("no files are served"));
    return found.catch(() => {
      page.__perfnb ??= this.fetched();
      return page.__perfnb;
    });
  }

  private async fetched(): Promise<Bokeh> {
    const page = globalThis as Page;
    try {
      const texts = await new Promise<Buffers>((resolve) => {
        this.scripts = resolve;
        this.send({type: "scripts"});
      });
      const [library, extension] = texts.map((text) => new TextDecoder().decode(text));
      const before = page.Bokeh;
      let bokeh = before;
      if (bokeh === undefined || !/^3\.(9|\d\d)/.test(bokeh.version)) {
        run(library);
        bokeh = page.Bokeh;
        if (before !== undefined && bokeh === before) {
          // A second BokehJS files itself under its version.
          const versions = Object.entries(before).filter(([name]) => /^3\.(9|\d\d)/.test(name));
          bokeh = versions[0]?.[1] as Bokeh | undefined;
        }
      }
      if (bokeh === undefined) {
        throw new Error("BokehJS did not start");
      }
      if (bokeh.require("base").default_resolver.get("perfnb.FlameGraph") == null) {
        page.__perfnb_bokeh = bokeh;
        run(extension);
      }
      return bokeh;
    } catch (error) {
      page.__perfnb = undefined;
      throw error;
    }
  }

  private readonly transport: Transport = {
    send: (message) => this.send(message),
    onMessage: (listener) => {
      this.listeners.add(listener);
      return () => this.listeners.delete(listener);
    },
  };

  private tell(name: string): void {
    const value = this.root?.[name] ?? null;
    const text = JSON.stringify(value, plain);
    if (this.told.get(name) !== text) {
      this.told.set(name, text);
      this.send({type: "patch", properties: {[name]: JSON.parse(text)}});
    }
  }

  private set(properties: Record<string, unknown>): void {
    for (const [name, value] of Object.entries(properties)) {
      this.told.set(name, JSON.stringify(value));
    }
    this.root?.setv(properties);
  }

  private send(message: Message): void {
    this.model.send({...message, view: this.id});
  }

  /** The picture that is shown where there is no kernel. */
  private showStill(shown: boolean): void {
    const name = String(this.model.get("still"));
    for (const still of document.querySelectorAll<HTMLElement>("[data-perfnb-still]")) {
      if (name !== "" && still.dataset["perfnbStill"] === name) {
        still.hidden = !shown;
      }
    }
  }

  private complain(message: string, hint = ""): void {
    this.say(hint === "" ? message : `${message}\n→ ${hint}`, true);
  }

  private say(text: string, alarming = false): void {
    this.trouble.setAttribute("role", alarming ? "alert" : "status");
    this.trouble.style.color = alarming ? "var(--jp-error-color1, #c62828)" : "";
    this.trouble.textContent = text;
    this.trouble.hidden = text === "";
  }
}

/** Bokeh has dictionaries as Maps. */
function plain(_: string, value: unknown): unknown {
  return value instanceof Map ? Object.fromEntries(value) : value;
}

function copied({buffer, byteOffset, byteLength}: DataView): ArrayBuffer {
  return buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer;
}

function run(source: string): void {
  const script = document.createElement("script");
  script.textContent = source;
  document.head.append(script);
  script.remove();
}

export default {
  render({model, el}: {model: WidgetModel; el: HTMLElement}): () => void {
    const view = new BridgeView(model, el);
    return () => view.dispose();
  },
};
