import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundleProgram } from "./bundled_program.ts";
import { freePorts } from "./free_port.ts";
import { roomyPlace } from "./roomy_place.ts";
import { ServerProcess } from "./server_process.ts";
import type { ServerOptions } from "./zookeeper_config.ts";
import type { ZooKeeperServer } from "./zookeeper_server.ts";

/** What the program is told. */
export interface EmbeddedSettings {
  readonly port: number;
  readonly dataDir: string;
  readonly tickMs: number;
  readonly maxPacketBytes: number | null;
  readonly containerCheckMs: number | null;
  readonly handshakeTimeoutMs: number | null;
}

/** Why the embedded coordinator cannot stand for a server with these wishes; null where it can. */
export function whyNotEmbedded(options: ServerOptions): string | null {
  if (options.tls) return "it serves loopback only, and no TLS";
  if (options.superPassword !== undefined) return "it has no user who may do everything";
  if (options.timeToLive) return "it has no nodes with a time to live";
  return null;
}

/** Starts the embedded coordinator in a process of its own, in a new directory. */
export async function startEmbedded(
  options: ServerOptions & {
    /** ms in which a connection must have greeted. Default: the coordinator's own. */
    readonly handshakeTimeoutMs?: number;
  },
): Promise<ZooKeeperServer> {
  // One that nobody mistreats need not sync to a disk, as ZooKeeper itself does not here.
  const dataDir = await mkdtemp(join(options.mistreats ? tmpdir() : roomyPlace(), "embedded-"));
  const program = join(dataDir, "server.mjs");
  await bundleProgram("./embedded_program.ts", program);
  const [port = 0] = await freePorts(1);
  const settings: EmbeddedSettings = {
    port,
    dataDir,
    tickMs: options.tickMs ?? 250,
    maxPacketBytes: options.maxPacketBytes ?? null,
    containerCheckMs: options.containerCheckMs ?? null,
    handshakeTimeoutMs: options.handshakeTimeoutMs ?? null,
  };
  const runs = "Deno" in globalThis ? ["run", "-A", program] : [program];
  const server = new ServerProcess({
    command: process.execPath,
    args: [...runs, JSON.stringify(settings)],
    port,
    dataDir,
    options,
    tls: undefined,
  });
  await server.start();
  return server;
}
