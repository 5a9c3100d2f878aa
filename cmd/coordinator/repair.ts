import { repair } from "../../src/coordinator/storage/repair.ts";
import { sleep } from "../../src/platform/clock.ts";
import { nodeDisk } from "../../src/platform/node/disk.ts";
import { nodeProcessRegister } from "../../src/platform/node/process_register.ts";
import { OrchestratorError } from "../../src/domain/errors.ts";
import type { Deps } from "../cli/command.ts";
import { problemOf } from "./problems.ts";
import type { CoordinatorSettings } from "./settings.ts";

/** Ends a damaged log where the damage begins, and prints what that cost. */
export async function repairDirectory(
  deps: Deps,
  { dataDirectory }: CoordinatorSettings,
): Promise<void> {
  const [clock, random, files] = await Promise.all([deps.clock(), deps.random(), deps.files()]);
  if (files.status(dataDirectory) === null) {
    throw new OrchestratorError("INVALID_INPUT", `There is no directory "${dataDirectory}"`, {
      details: { path: dataDirectory },
    });
  }
  const environment = {
    disk: nodeDisk,
    processes: nodeProcessRegister,
    id: () => random.id(),
    random: () => random.next(),
    sleep: (ms: number) => sleep(clock, ms),
  };
  const label = new Date(clock.now()).toISOString().replaceAll(/[-:]|\.\d+/g, "");
  try {
    const { damage, copies, bytesLost } = await repair(environment, dataDirectory, label);
    await deps.out.document({
      v: 1,
      status: damage === null ? "whole" : "repaired",
      data_dir: dataDirectory,
      damage: damage === null ? null : {
        file: damage.file,
        offset: damage.offset,
        message: damage.message,
      },
      copies,
      bytes_lost: bytesLost,
    });
  } catch (error) {
    throw problemOf(error, dataDirectory);
  }
}
