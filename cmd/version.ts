import manifest from "../package.json" with { type: "json" };

/** Put in by the build; absent when run from source. */
declare const __BUILD__: { readonly commit: string; readonly date: string } | undefined;

/** The runtime under which this process runs, with its version. */
export function runtime(): string {
  const deno = "Deno" in globalThis ? process.versions["deno"] : undefined;
  return deno === undefined ? `node ${process.versions.node}` : `deno ${deno}`;
}

/** `claude-orchestrator 0.1.0 (a1b2c3d, 2026-01-31) node 24.21.0 linux-x64`. */
export function versionLine(): string {
  const build = typeof __BUILD__ === "undefined"
    ? "source"
    : `${__BUILD__.commit}, ${__BUILD__.date}`;
  return `claude-orchestrator ${manifest.version} (${build}) ${runtime()} ` +
    `${process.platform}-${process.arch}`;
}

export const VERSION: string = manifest.version;
