import { forgetIdentity } from "../../src/config/identity.ts";
import { defineCommand, type Deps } from "../cli/command.ts";

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
    const { id, name } = requireIdentity(await deps.config());
    const team = await deps.team();
    const by = { id, name: name ?? id };
    const held = await team.tasks.heldBy(id);
    for (const task of held) await team.tasks.release(task.id, { by }, "its owner left");
    await team.members.unregister(id);
    await forget(deps, id);
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
