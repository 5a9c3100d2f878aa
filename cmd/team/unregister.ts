import { forgetIdentity } from "../../src/config/identity.ts";
import { OrchestratorError } from "../../src/domain/errors.ts";
import { defineCommand, type Deps } from "../cli/command.ts";
import { quote } from "../cli/parse.ts";
import { isRunning } from "./running.ts";
import { thisHost } from "./this_host.ts";

/** Leaves; what the member holds goes back to the queue first. */
export default defineCommand({
  description:
    "Its claims are given back, without counting as retries, and its id is forgotten here. Its inbox " +
    "stays. One that is not registered is MEMBER_NOT_FOUND (status 3).",
  options: {},
  examples: [
    { says: "Leave", command: "claude-orchestrator unregister" },
    { says: "Somebody else, by id", command: "claude-orchestrator unregister -i 3f2a" },
  ],
  output: {
    kind: "document",
    schema: async () => (await import("../schemas.ts")).UnregisterOutput,
  },
  run: async (deps) => {
    const { requireIdentity } = await import("../../src/config/identity.ts");
    const { id } = requireIdentity(await deps.config());
    const team = await deps.team();
    const held = await team.tasks.heldBy(id);
    const wasMember = await team.members.unregister(id, { host: thisHost(), isAlive: isRunning });
    await forget(deps, id);
    if (!wasMember) {
      throw new OrchestratorError("MEMBER_NOT_FOUND", `Nobody is registered as ${quote(id)}`, {
        hint: "list-instances shows who is",
        details: { id },
      });
    }
    await deps.out.document({
      v: 1,
      status: "unregistered",
      instance_id: id,
      released: held.map((task) => task.id),
    });
  },
});

async function forget(deps: Deps, id: Parameters<typeof forgetIdentity>[2]): Promise<void> {
  const [files, clock, random, config] = await Promise.all([
    deps.files(),
    deps.clock(),
    deps.random(),
    deps.config(),
  ]);
  await forgetIdentity({ files, clock, random }, config, id);
}
