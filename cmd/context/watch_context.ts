import { defineCommand } from "../cli/command.ts";
import { KEY } from "./options.ts";
import { contextView } from "./view.ts";

/** Waits for a change of a value, or follows it, as JSON lines. */
export default defineCommand({
  description:
    "Without --follow it ends with the first change after its start, or after --since. Of changes that come faster " +
    "than they are read, the last one is told.",
  options: {
    ...KEY,
    follow: { type: "flag", help: "A line for each change, until interrupted" },
    since: {
      type: "integer",
      min: 0,
      max: Number.MAX_SAFE_INTEGER,
      placeholder: "version",
      help: "From this version on, so that nothing is missed after a get; 0: from no value",
    },
  },
  examples: [{
    says: "Wait until the plan is there",
    command: "claude-orchestrator watch-context --key plan --timeout 10m | jq -r .entry.value",
  }],
  output: {
    kind: "stream",
    schema: async () => (await import("../schemas.ts")).ContextEventOutput,
  },
  deadlineMs: null,
  run: async (deps, options) => {
    const range = options.since === undefined ? {} : { since: options.since };
    const [team, clock] = await Promise.all([deps.team(), deps.clock()]);
    for await (const entry of team.context.watch(options.key, deps.signal, range)) {
      const key = options.key;
      const time = entry?.updated_at ?? new Date(clock.now()).toISOString();
      if (entry === null) {
        await deps.out.event(
          { v: 1, type: "context_deleted", time, key },
          `${time}  ${key} deleted`,
        );
      } else {
        const line = { v: 1, type: "context_set", time, key, entry: contextView(entry) } as const;
        await deps.out.event(line, `${time}  ${key} = ${entry.value}`);
      }
      if (!options.follow) return;
    }
    deps.signal.throwIfAborted();
  },
});
