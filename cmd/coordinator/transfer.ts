import { createReadStream } from "node:fs";
import { resolve } from "node:path";
import { exportTree } from "../../src/coordination/transfer/export_tree.ts";
import { importTree } from "../../src/coordination/transfer/import_tree.ts";
import { readExport } from "../../src/coordination/transfer/read_export.ts";
import { OrchestratorError } from "../../src/domain/errors.ts";
import type { Deps } from "../cli/command.ts";
import { teamAcl } from "../connect.ts";

/** Prints the team's tree, a node a line. */
export async function printExport(deps: Deps): Promise<void> {
  const [clock, config, zk] = await Promise.all([deps.clock(), deps.config(), deps.zk()]);
  const root = config.value("zookeeper.root_path");
  const time = () => new Date(clock.now()).toISOString();
  for await (const line of exportTree(zk, root, time)) {
    if (deps.signal.aborted) throw deps.signal.reason;
    await deps.out.event(line, line.type === "node" ? line.path : line.type);
    if (line.type !== "end" || line.left_out === 0) continue;
    deps.out.warn({
      code: "LEFT_OUT",
      message:
        `Left out ${line.left_out} nodes that live with their sessions: somebody is connected`,
      left_out: line.left_out,
    });
  }
}

/** How an import was asked for. */
export interface ImportRequest {
  /** A path, or `-` for stdin. */
  readonly file: string;
  readonly overwrite: boolean;
  readonly takeOver: boolean;
}

/** Makes the tree that a file tells of, below the configured root. */
export async function importFile(deps: Deps, request: ImportRequest): Promise<void> {
  // Nobody is asked to connect before it is known that the file is whole.
  const tree = await readExport(linesOf(deps, request.file));
  const [config, zk] = await Promise.all([deps.config(), deps.zk()]);
  const root = config.value("zookeeper.root_path");
  const { overwrite, takeOver } = request;
  const imported = await importTree(zk, tree, {
    root,
    openAcl: await teamAcl(config),
    overwrite,
    takeOver,
  });
  await deps.out.document({ v: 1, status: "imported", root, ...imported, left_out: tree.leftOut });
}

/** Text lines of a file. Throws INVALID_INPUT where it is not UTF-8; the system's error. */
async function* linesOf(deps: Deps, file: string): AsyncGenerator<string, void> {
  const { host } = deps;
  const chunks = file === "-" ? host.stdin() : createReadStream(resolve(host.cwd, file));
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let rest = "";
  for await (const chunk of chunks) {
    if (deps.signal.aborted) throw deps.signal.reason;
    const lines = (rest + decode(decoder, file, chunk)).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
  rest += decode(decoder, file, undefined);
  if (rest !== "") yield rest;
}

function decode(decoder: TextDecoder, file: string, chunk: Uint8Array | undefined): string {
  try {
    return chunk === undefined ? decoder.decode() : decoder.decode(chunk, { stream: true });
  } catch (error) {
    throw new OrchestratorError("INVALID_INPUT", `"${file}" is not UTF-8`, { cause: error });
  }
}
