// Bundles the extension for the page and the pure core for node.
//
// The bundle carries no BokehJS: `@bokehjs/a/b` is taken, when the bundle runs, from the
// BokehJS of the page, so that one file serves every Bokeh 3.9 and 3.10.
import {copyFile, mkdir, writeFile} from "node:fs/promises";
import {dirname, join} from "node:path";
import {fileURLToPath} from "node:url";
import {build} from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const perfnb = join(here, "..", "..");
const dist = join(perfnb, "dist");

/** A page may hold several BokehJS: a loader that wants one of them names it first. */
const PAGE_BOKEH = `
  const bokeh = globalThis.__perfnb_bokeh ?? globalThis.Bokeh;
  if (bokeh == null) throw new Error("perfnb: load BokehJS before perfnb.js");
  module.exports = bokeh;
`;

const bokehFromPage = {
  name: "bokeh-from-page",
  setup({onResolve, onLoad}) {
    onResolve({filter: /^@bokehjs(\/|$)/}, ({path}) => ({path, namespace: "bokehjs", sideEffects: false}));
    onLoad({filter: /.*/, namespace: "bokehjs"}, ({path}) => {
      const name = path.replace(/^@bokehjs\/?/, "");
      const contents = name === ""
        ? PAGE_BOKEH
        : `module.exports = require("@bokehjs").require(${JSON.stringify(name)});`;
      return {contents, loader: "js"};
    });
  },
};

const common = {
  absWorkingDir: here,
  bundle: true,
  charset: "utf8",
  legalComments: "none",
  logLevel: "warning",
  target: "es2022",
};

const page = {
  ...common,
  entryPoints: ["src/index.ts"],
  format: "iife",
  platform: "browser",
  plugins: [bokehFromPage],
};

await mkdir(dist, {recursive: true});
await Promise.all([
  build({...page, outfile: join(dist, "perfnb.js")}),
  build({...page, outfile: join(dist, "perfnb.min.js"), minify: true}),
  build({
    ...common,
    entryPoints: ["src/core/node.ts"],
    format: "esm",
    platform: "node",
    outfile: "build/core.mjs",
  }),
  // The few lines of script in each output of a notebook.
  build({
    ...common,
    entryPoints: ["src/loader.ts"],
    format: "iife",
    globalName: "perfnb_loader",
    footer: {js: "var {perfnbShow,perfnbPreload}=perfnb_loader;"},
    minify: true,
    outfile: join(dist, "loader.min.js"),
  }),
  // What a widget runs: it finds BokehJS by the loader's means.
  build({
    ...common,
    entryPoints: ["src/bridge.ts"],
    format: "esm",
    minify: true,
    outfile: join(dist, "bridge.min.js"),
  }),
  // What Jupyter serves beside the extension.
  copyFile(join(here, "node_modules/@bokeh/bokehjs/build/js/bokeh.min.js"), join(dist, "bokeh.min.js")),
  // Bokeh takes a package for an extension only where this file is.
  writeFile(join(perfnb, "bokeh.ext.json"), "{}\n"),
]);
