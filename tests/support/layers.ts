import type { Import } from "./source_rules.ts";

/** What the files below a directory, or one file, may import besides their own directory. */
interface Layer {
  /** Directories, or files, of the project. */
  readonly imports: readonly string[];
  readonly packages: readonly string[];
  /** Whether `node:` modules are allowed, beyond those named among the packages. */
  readonly runtime: boolean;
}

const layer = (imports: string[], packages: string[] = [], runtime = false): Layer => ({
  imports,
  packages,
  runtime,
});

/**
 * The layers, inner ones first: imports point inward only. A file belongs to the longest entry that
 * its path begins with.
 */
export const LAYERS: Readonly<Record<string, Layer>> = {
  "src/domain": layer([], ["zod"]),
  "src/zookeeper": layer([]),
  "src/platform": layer([]),
  "src/platform/simulated": layer(["src/platform"]),
  "src/platform/node": layer(
    ["src/platform", "src/zookeeper/environment.ts", "src/domain/errors.ts"],
    [],
    true,
  ),
  "src/coordination": layer([
    "src/domain",
    "src/zookeeper",
    "src/platform/aborted.ts",
    "src/platform/clock.ts",
    "src/platform/random.ts",
  ], ["zod"]),
  "src/coordinator": layer(["src/zookeeper", "src/platform"]),
  "src/templates": layer(["templates", "src/domain", "src/platform"], ["node:path"]),
  "src/agent": layer(["src/domain", "src/platform"], ["zod"], true),
  "src/rehearsal": layer(["src/agent", "src/domain", "src/platform"], ["node:path"]),
  "src/git": layer(["src/domain", "src/platform"], ["node:path"]),
  "src/worker": layer(["src/agent", "src/coordination", "src/domain", "src/platform"], [
    "zod",
    "node:path",
  ]),
  "src/leader": layer(["src/agent", "src/coordination", "src/domain", "src/platform"], [
    "zod",
    "node:path",
  ]),
  "src/hooks": layer(["src/agent", "src/coordination", "src/domain", "src/platform"], [], true),
  "src/monitor": layer(["src/coordination", "src/domain", "src/platform", "src/zookeeper"]),
  "src/screen": layer(["src/monitor", "src/domain", "src/platform"], ["string-width"]),
  "src/crew": layer([
    "src/agent",
    "src/git",
    "src/leader/integration.ts",
    "src/domain",
    "src/platform",
  ]),
  "src/config": layer(["src/domain", "src/platform"], ["node:path"]),
  "src/setup": layer(
    ["src/config", "src/templates", "src/zookeeper", "src/domain", "src/platform"],
    ["node:path"],
  ),
  "cmd": layer(["src", "templates", "package.json"], ["*"], true),
  "mod.ts": layer(["src"]),
};

/** Adapters to the machine: for those who put the parts together, and for nobody inside. */
const ADAPTERS = ["src/platform/node/", "src/platform/simulated/"];
const MAY_USE_ADAPTERS = ["cmd/", "mod.ts", ...ADAPTERS];

/** Why a file may not have an import; null where it may. */
export function whyForbidden(path: string, { target, specifier }: Import): string | null {
  const name = layerOf(path);
  const rules = name === undefined ? undefined : LAYERS[name];
  if (name === undefined || !rules) return `${path} belongs to no layer`;
  if (rules.packages.includes(specifier)) return null;
  if (specifier.startsWith("node:")) {
    return rules.runtime ? null : `${name} may not use modules of the runtime`;
  }
  if (!specifier.startsWith(".")) {
    const anyPackage = rules.packages.includes("*");
    return anyPackage ? null : `${name} may not use the package`;
  }
  if (isWithin(target, ADAPTERS) && !isWithin(path, MAY_USE_ADAPTERS)) {
    return `${name} gets its clock, chance and connections passed in`;
  }
  return isWithin(target, [name, ...rules.imports]) ? null : `${name} lies further inside`;
}

function layerOf(path: string): string | undefined {
  const found = Object.keys(LAYERS).filter((name) => isWithin(path, [name]));
  return found.sort((a, b) => b.length - a.length)[0];
}

function isWithin(path: string, places: readonly string[]): boolean {
  return places.some((place) =>
    path === place || path.startsWith(place.endsWith("/") ? place : `${place}/`)
  );
}
