import manifest from "../package.json" with { type: "json" };

/** Put in by the build (scripts/build/bundle.mjs); absent when run from source. */
declare const __BUILD__: {
  readonly commit: string;
  readonly date: string;
  readonly target: string;
} | undefined;

/** What `--version --output json` prints. */
export interface VersionInfo {
  readonly name: string;
  readonly version: string;
  /** The commit that was built, `-dirty` where files differed from it; `source` when run unbuilt. */
  readonly commit: string;
  /** Day of the commit, null when run unbuilt. */
  readonly date: string | null;
  /** `linux-x64` and the like for an executable, `npm` for the bundle, `source` when run unbuilt. */
  readonly target: string;
  readonly runtime: string;
  readonly platform: string;
}

/** The runtime under which this process runs, with its version. */
export function runtime(): string {
  const deno = "Deno" in globalThis ? process.versions["deno"] : undefined;
  return deno === undefined ? `node ${process.versions.node}` : `deno ${deno}`;
}

export function versionInfo(): VersionInfo {
  const built = typeof __BUILD__ === "undefined" ? undefined : __BUILD__;
  return {
    name: "claude-orchestrator",
    version: manifest.version,
    commit: built?.commit ?? "source",
    date: built?.date ?? null,
    target: built?.target ?? "source",
    runtime: runtime(),
    platform: `${process.platform}-${process.arch}`,
  };
}

/** `claude-orchestrator 0.1.0 (a1b2c3d, 2026-01-31) node 24.21.0 linux-x64`. */
export function versionLine(): string {
  const { name, version, commit, date, runtime, platform } = versionInfo();
  const build = date === null ? commit : `${commit}, ${date}`;
  return `${name} ${version} (${build}) ${runtime} ${platform}`;
}
