import { OrchestratorError } from "../../src/domain/errors.ts";
import type { Task } from "../../src/domain/task.ts";
import { defineCommand, type Deps } from "../cli/command.ts";
import type { OptionSpecs, Values } from "../cli/options.ts";
import { requireMember, showClaim } from "../identity.ts";
import { taskId } from "../ids.ts";
import { KNOWN_LINKS } from "../../src/domain/words.ts";
import { taskView } from "./view.ts";

const OPTIONS = {
  "task-id": {
    type: "text",
    placeholder: "id",
    completes: "task",
    among: ["pending"],
    help: "This task and no other",
  },
  link: { type: "text", placeholder: "link", choices: KNOWN_LINKS, help: "Only such a link" },
  wait: { type: "flag", help: "Wait until there is one; --timeout says for how long" },
  "no-role-filter": { type: "flag", help: "Also take tasks that are meant for another role" },
} as const satisfies OptionSpecs;

/** Takes the next task, atomically; nothing to take is status 3. */
export default defineCommand({
  description:
    "Lowest priority number first, first in first out within it, skipping what this instance may " +
    "not take (assignee, role, dependencies, not-before). The claim belongs to the instance, not " +
    "to this process: complete-task from another process works.",
  options: OPTIONS,
  examples: [
    { says: "The next task", command: "claude-orchestrator claim-task" },
    {
      says: "Wait up to ten minutes for one",
      command: "claude-orchestrator claim-task --wait --timeout 10m",
    },
    {
      says: "Its id, for the commands that follow",
      command: "id=$(claude-orchestrator claim-task | jq -r .id)",
    },
  ],
  output: { kind: "document", schema: async () => (await import("../schemas.ts")).TaskOutput },
  deadlineMs: null,
  run: async (deps, options) => {
    const wanted = options["task-id"] === undefined ? undefined : taskId(options["task-id"]);
    const claimer = await requireMember(deps);
    const team = await deps.team();
    const choice = {
      roleFilter: !options["no-role-filter"],
      ...(wanted === undefined ? {} : { taskId: wanted }),
      ...(options.link === undefined ? {} : { link: options.link }),
    };
    const claim = options.wait
      ? team.tasks.waitForWork(claimer, choice, deps.signal)
      : team.tasks.claim(claimer, choice);
    showClaim(deps, claimer, claim);
    const task = await claim;
    if (task === null) throw await nothing(deps, options);
    await deps.out.document(taskView(task));
  },
});

async function nothing(deps: Deps, options: Values<typeof OPTIONS>): Promise<Error> {
  const counts: Partial<Record<Task["status"], number>> = await (await deps.team()).tasks.counts();
  const pending = counts.pending ?? 0;
  const message = pending === 0
    ? "There is nothing to claim"
    : `There is nothing that this instance may claim, of ${pending} pending`;
  return new OrchestratorError("NOTHING_TO_CLAIM", message, {
    hint: options.wait ? "Try again later" : "Wait for work with --wait",
    details: { pending },
  });
}
