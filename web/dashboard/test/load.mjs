// Loads a TypeScript module of the dashboard into Node.
import { build } from "esbuild";
import { join } from "node:path";

export async function load(name) {
  const entry = join(import.meta.dirname, "../src", `${name}.ts`);
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    format: "esm",
    write: false,
  });
  return import(
    `data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`
  );
}
