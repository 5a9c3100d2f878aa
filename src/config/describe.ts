import { formatDuration } from "../domain/duration.ts";
import { joinCommand } from "../domain/command_line.ts";
import { definitionOf, type Key, KEY_NAMES } from "./keys.ts";
import type { Config, Source } from "./load.ts";

/** One key as it is shown to people and scripts. */
export interface DescribedValue {
  /** As it could be written in a file; secrets masked; null where there is none. */
  readonly value: string | number | null;
  readonly source: Source;
  /** The flag, the variable or the file; null for a default. */
  readonly from: string | null;
}

/** What `config` prints. */
export interface DescribedConfig {
  readonly v: 1;
  readonly values: Readonly<Record<Key, DescribedValue>>;
  /** Members registered from here, by name. */
  readonly instances: Readonly<Record<string, string>>;
  readonly files: {
    readonly project: { readonly path: string; readonly exists: boolean };
    readonly global: { readonly path: string; readonly exists: boolean };
  };
  readonly warnings: readonly string[];
}

/** `user:password` as `user:***`: who it is may be seen, the rest not. */
export function maskSecret(value: string): string {
  const colon = value.indexOf(":");
  return colon < 0 ? "***" : `${value.slice(0, colon)}:***`;
}

/** One effective value as it could be written, secrets masked. */
export function describeValue(config: Config, key: Key): DescribedValue {
  const value = config.value(key);
  const { kind, secret } = definitionOf(key);
  const { source, from } = config.origin(key);
  const written = value === null
    ? null
    : Array.isArray(value)
    ? joinCommand(value)
    : kind === "duration"
    ? formatDuration(Number(value))
    : value as string | number;
  return {
    value: secret === true && written !== null ? maskSecret(String(written)) : written,
    source,
    from,
  };
}

/** The effective configuration with the source of each value, secrets masked. */
export function describeConfig(config: Config): DescribedConfig {
  const values = [...KEY_NAMES, ...config.roleKeys()].map((key) =>
    [key, describeValue(config, key)] as const
  );
  return {
    v: 1,
    values: Object.fromEntries(values) as Record<Key, DescribedValue>,
    instances: { ...config.global?.instances, ...config.project?.instances },
    files: {
      project: { path: config.paths.project, exists: config.project !== null },
      global: { path: config.paths.global, exists: config.global !== null },
    },
    warnings: config.warnings,
  };
}
