import process from "node:process";
import { OrchestratorError } from "../../src/domain/errors.ts";
import { sleep } from "../../src/platform/clock.ts";
import { nodeProcessRegister } from "../../src/platform/node/process_register.ts";
import type { Deps } from "../cli/command.ts";
import { holderOf } from "./server_file.ts";
import type { CoordinatorSettings } from "./settings.ts";

/** ms within which a coordinator ends: it answers what was asked, and writes its log to its end. */
const ENDS_WITHIN_MS = 30_000;
const LOOK_MS = 10;

/** Ends the coordinator of a data directory in good order, and waits until it is gone. */
export async function stop(deps: Deps, { dataDirectory }: CoordinatorSettings): Promise<void> {
  const [clock, files] = await Promise.all([deps.clock(), deps.files()]);
  const holder = await holderOf(files, dataDirectory);
  if (holder === null) {
    return await deps.out.document({
      v: 1,
      status: "stopped",
      pid: null,
      data_dir: dataDirectory,
    });
  }
  const { pid } = holder;
  process.kill(pid, "SIGTERM");
  const deadline = clock.monotonic() + ENDS_WITHIN_MS;
  while (nodeProcessRegister.isAlive(holder)) {
    if (clock.monotonic() > deadline) {
      throw new OrchestratorError("TIMED_OUT", `Process ${pid} has not ended yet`, {
        hint: "It was told to; look at its log, or end it yourself",
        details: { pid, data_dir: dataDirectory },
      });
    }
    await sleep(clock, LOOK_MS, deps.signal);
  }
  await deps.out.document({ v: 1, status: "stopped", pid, data_dir: dataDirectory });
}
