import { resolve } from "node:path";
import type { Config } from "../../src/config/load.ts";
import type { Deps } from "../cli/command.ts";

/** The only address that a coordinator listens on: whoever reaches it may read and change everything. */
export const LOOPBACK = "127.0.0.1";

/** Which coordinator is meant, and how it is to run. */
export interface CoordinatorSettings {
  readonly port: number;
  /** Absolute. */
  readonly dataDirectory: string;
  /** ms without any connection after which it stops; null where it never does. */
  readonly idleTimeoutMs: number | null;
}

/** Options of the command line that say so. */
export interface CoordinatorRequest {
  readonly port: number | undefined;
  readonly "data-dir": string | undefined;
  readonly "idle-timeout": number | undefined;
}

/** What the command line says, else the configuration. */
export async function settingsOf(
  deps: Deps,
  request: CoordinatorRequest,
): Promise<CoordinatorSettings> {
  const config = await deps.config();
  const directory = request["data-dir"];
  return {
    port: request.port ?? config.value("coordinator.port"),
    dataDirectory: directory === undefined
      ? config.value("coordinator.data_dir")
      : resolve(deps.host.cwd, directory),
    idleTimeoutMs: request["idle-timeout"] ?? null,
  };
}

/** How a coordinator runs that nobody has asked for by name. */
export function automaticSettings(config: Config): CoordinatorSettings {
  return {
    port: config.value("coordinator.port"),
    dataDirectory: config.value("coordinator.data_dir"),
    idleTimeoutMs: config.value("coordinator.idle_timeout"),
  };
}
