import { build } from "esbuild";
import { fileURLToPath } from "node:url";

/** Bundles a program of the tests (a path from this directory), to run on the Node of the tests. */
export async function bundleProgram(entry: string, outfile: string): Promise<void> {
  await build({
    entryPoints: [fileURLToPath(new URL(entry, import.meta.url))],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    logLevel: "error",
  });
}
