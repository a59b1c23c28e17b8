// Turns a notebook's output into a live picture: finds BokehJS and perfnb's extension once per
// page, embeds the document, and takes the static picture away when the live one is painted.
// Whatever fails, the static picture stays, with a line that says why.

interface Bokeh {
  readonly version: string;
  require(module: string): any;
  readonly embed: {embed_item(item: object, target: Element): Promise<unknown>};
}

interface Page {
  /** One promise for all outputs of the page. */
  __perfnb?: Promise<Bokeh> | undefined;
  __perfnb_bokeh?: Bokeh;
  Bokeh?: Bokeh;
}

interface Config {
  readonly item: object;
  /** The folder below the URL of JupyterLab's extensions. */
  readonly folder: string;
  /** File names with their digests, in the order to load them. */
  readonly bokeh: string;
  readonly extension: string;
}

const OLDEST = [3, 9];

export function perfnbShow(id: string): void {
  const root = document.getElementById(id);
  if (root === null || root.dataset["perfnb"] !== undefined) {
    return;
  }
  root.dataset["perfnb"] = "loading";
  const part = (name: string): HTMLElement => root.querySelector<HTMLElement>(`.perfnb-${name}`)!;
  const config = JSON.parse(part("data").textContent ?? "") as Config;
  const live = part("live");
  live.addEventListener("perfnb:painted", () => {
    part("static").hidden = true;
    root.dataset["perfnb"] = "live";
  }, {once: true});
  const stay = (why: string): void => {
    root.dataset["perfnb"] = "static";
    part("why").textContent = `The live picture could not be loaded: ${why}.`;
  };
  live.addEventListener("perfnb:failed", (event) => stay((event as CustomEvent<{message: string}>).detail.message), {once: true});
  const page = globalThis as Page;
  page.__perfnb ??= load(page, config);
  page.__perfnb
    .then((bokeh) => bokeh.embed.embed_item(config.item, live))
    .catch((error: unknown) => {
      // The next output tries again.
      page.__perfnb = undefined;
      stay(error instanceof Error ? error.message : String(error));
    });
}

/** Begins to load the scripts before there is a picture; a page that has none of them is left alone. */
export function perfnbPreload(config: Omit<Config, "item">): void {
  const page = globalThis as Page;
  page.__perfnb ??= load(page, config);
  page.__perfnb.catch(() => {
    page.__perfnb = undefined;
  });
}

async function load(page: Page, config: Omit<Config, "item">): Promise<Bokeh> {
  let bokeh = page.Bokeh;
  if (bokeh === undefined || !recent(bokeh.version)) {
    const before = bokeh;
    preload(place(config, config.extension));
    await script(place(config, config.bokeh));
    bokeh = page.Bokeh;
    if (before !== undefined && bokeh !== undefined) {
      // A second BokehJS files itself under its version.
      const versions = bokeh as unknown as Record<string, Bokeh>;
      bokeh = Object.keys(versions).filter(recent).map((version) => versions[version])[0];
    }
  }
  if (bokeh === undefined) {
    throw new Error("BokehJS did not start");
  }
  // A BokehJS from elsewhere knows nothing of perfnb.
  const known = (): boolean => bokeh.require("base").default_resolver.get("perfnb.FlameGraph") != null;
  if (!known()) {
    page.__perfnb_bokeh = bokeh;
    await script(place(config, config.extension));
  }
  return bokeh;
}

function recent(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major === OLDEST[0] && minor >= OLDEST[1]!;
}

/** The page of Jupyter tells where the server serves its extensions' files. */
function place({folder}: Omit<Config, "item">, file: string): string {
  const element = document.getElementById("jupyter-config-data");
  if (element === null) {
    throw new Error("this page serves no files of perfnb's");
  }
  const config = JSON.parse(element.textContent ?? "{}") as Record<string, string>;
  const base = config["fullLabextensionsUrl"] ?? `${config["baseUrl"] ?? "/"}lab/extensions`;
  return `${base.replace(/\/$/, "")}/${folder}/${file}`;
}

/** Fetches a script beside another one that has to run first. */
function preload(url: string): void {
  const link = document.createElement("link");
  Object.assign(link, {rel: "preload", as: "script", href: url});
  document.head.append(link);
}

function script(url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const element = document.createElement("script");
    element.src = url;
    element.onload = () => resolve();
    element.onerror = () => reject(new Error("this Jupyter does not serve perfnb (PERFNB_SCRIPTS=inline in the kernel puts the scripts into the output)"));
    document.head.append(element);
  });
}
