import type { Workshop } from "../agent/workshop.ts";
import type { Clock } from "../platform/clock.ts";
import type { Part } from "./part.ts";
import { rehearse } from "./rehearse.ts";
import { readScene } from "./scene.ts";
import type { Script } from "./script.ts";

/**
 * The command by which a run is the rehearsal agent's. Whatever else is to be run, such as the check of a
 * task, is run as ever.
 */
export const REHEARSAL_COMMAND: readonly string[] = ["(rehearsal)"];

/** A workshop in which the rehearsal agent works; all that is no agent's run is left to the other one. */
export function rehearsalWorkshop(
  real: Workshop,
  { clock, script }: { readonly clock: Clock; readonly script: Script },
): Workshop {
  const runs = new Map<Part, number>();
  return {
    ...real,
    run: async (request) => {
      if (!isRehearsal(request.command)) return await real.run(request);
      const scene = readScene(request, (part) => runs.get(part) ?? 0);
      runs.set(scene.part, (runs.get(scene.part) ?? 0) + 1);
      return await rehearse(request, scene, { script, clock, files: real.files });
    },
  };
}

function isRehearsal(command: readonly string[]): boolean {
  return command.length === 1 && command[0] === REHEARSAL_COMMAND[0];
}
