// Bundles the dashboard into the Python package; --check says whether what is there is the same.
import { build } from "esbuild";
import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";

const HERE = import.meta.dirname;
const ASSETS = join(HERE, "../../src/airsonde/faces/http/assets");
const SHIPPED = ["uplot", "@fontsource-variable/inter"];

async function bundle() {
  const result = await build({
    absWorkingDir: HERE,
    entryPoints: ["src/main.ts", "src/icon.svg"],
    outdir: "out",
    entryNames: "[name]-[hash]",
    assetNames: "[name]-[hash]",
    loader: { ".woff2": "file", ".svg": "copy" },
    bundle: true,
    minify: true,
    format: "esm",
    target: ["chrome111", "firefox113", "safari16.4"],
    legalComments: "none",
    logLevel: "warning",
    write: false,
  });
  const files = new Map(result.outputFiles.map((f) => [basename(f.path), Buffer.from(f.contents)]));
  const named = (start, end) =>
    [...files.keys()].find((name) => name.startsWith(start) && name.endsWith(end));
  const page = (await readFile(join(HERE, "src/index.html"), "utf8"))
    .replace("main.js", named("main-", ".js"))
    .replace("main.css", named("main-", ".css"))
    .replace("icon.svg", named("icon-", ".svg"));
  files.set("index.html", Buffer.from(page));
  files.set("licences.txt", Buffer.from(await licences()));
  return files;
}

async function licences() {
  const parts = SHIPPED.map(async (name) => {
    const text = await readFile(join(HERE, "node_modules", name, "LICENSE"), "utf8");
    return `${name}\n\n${text.trim()}\n`;
  });
  return (await Promise.all(parts)).join("\n----\n\n");
}

async function committed() {
  const names = await readdir(ASSETS).catch(() => []);
  const read = async (name) => [name, await readFile(join(ASSETS, name))];
  return new Map(await Promise.all(names.map(read)));
}

function differences(fresh, old) {
  const names = new Set([...fresh.keys(), ...old.keys()]);
  return [...names].filter((n) => !fresh.has(n) || !old.has(n) || !fresh.get(n).equals(old.get(n)));
}

const fresh = await bundle();
const different = differences(fresh, await committed());
if (!process.argv.includes("--check")) {
  await rm(ASSETS, { recursive: true, force: true });
  await mkdir(ASSETS, { recursive: true });
  for (const [name, bytes] of fresh) await writeFile(join(ASSETS, name), bytes);
  for (const [name, bytes] of fresh) console.log(String(bytes.length).padStart(8), name);
} else if (different.length > 0) {
  console.error(`not what the sources give: ${different.join(", ")}; run npm run build`);
  process.exit(1);
}
