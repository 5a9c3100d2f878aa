import { join } from "node:path";
import * as z from "zod";
import { lockHolder } from "../../src/coordinator/storage/directory_lock.ts";
import type { Files } from "../../src/platform/files.ts";
import { nodeDisk } from "../../src/platform/node/disk.ts";
import { nodeProcessRegister } from "../../src/platform/node/process_register.ts";
import type { ProcessIdentity } from "../../src/platform/process_identity.ts";

/** What a coordinator says of itself, in a file of its data directory, while it serves. */
export const ServerFile = z.object({
  v: z.literal(1),
  pid: z.int().positive(),
  address: z.string(),
  port: z.int().positive(),
  started_at: z.iso.datetime(),
  /** ms; null where it was started by name, and does not stop by itself. */
  idle_timeout_ms: z.int().positive().nullable(),
  version: z.string(),
});
export type ServerFile = z.infer<typeof ServerFile>;

const NAME = "server.json";
const MODE = 0o600;

/** Who works in a data directory. */
export interface Holder extends ProcessIdentity {
  /** null as long as it does not serve: it starts, stops or repairs. */
  readonly server: ServerFile | null;
}

/** The process that works in a data directory; null where none does. Throws OrchestratorError, DiskError. */
export async function holderOf(files: Files, dataDirectory: string): Promise<Holder | null> {
  if (files.status(dataDirectory) === null) return null;
  const holder = await lockHolder(nodeDisk, nodeProcessRegister, dataDirectory);
  if (holder === null) return null;
  const server = readServerFile(files, dataDirectory);
  return { ...holder, server: server?.pid === holder.pid ? server : null };
}

/** null where there is none; what does not parse was cut by a crash, and its process has ended. */
export function readServerFile(files: Files, dataDirectory: string): ServerFile | null {
  const text = files.read(join(dataDirectory, NAME));
  if (text === null) return null;
  try {
    return ServerFile.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

/** Says to everybody that this process serves. */
export function writeServerFile(files: Files, dataDirectory: string, server: ServerFile): void {
  files.replace(join(dataDirectory, NAME), `${JSON.stringify(server)}\n`, MODE);
}

/** Takes back what `writeServerFile` said. */
export function removeServerFile(files: Files, dataDirectory: string): void {
  files.remove(join(dataDirectory, NAME));
}
