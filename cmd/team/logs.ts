import { createReadStream } from "node:fs";
import { join } from "node:path";
import { OrchestratorError } from "../../src/domain/errors.ts";
import { sleep } from "../../src/platform/clock.ts";
import { defineCommand, type Deps } from "../cli/command.ts";
import { quote } from "../cli/parse.ts";

/** ms between two looks at a file that is followed. */
const LOOK_MS = 250;

/** Events of a member that are looked through for what it worked on. */
const MAX_EVENTS = 500;

/** Prints the log of the newest run. */
export default defineCommand({
  description:
    "The newest run of a task (task-…) or of a message (msg-…), or the newest of all that a member " +
    "ran. Logs are in the cache directory of the machine that ran the agent.",
  options: { follow: { type: "flag", help: "Go on with what is appended, until interrupted" } },
  positionals: [{
    name: "id|name",
    help: "A task, a message, or a member",
    completes: "task-or-member",
  }],
  examples: [
    { says: "What the agent said", command: "claude-orchestrator logs task-0000000001" },
    { says: "What Jerry is doing", command: "claude-orchestrator logs Jerry --follow" },
  ],
  output: { kind: "text" },
  deadlineMs: null,
  run: async (deps, options, [about = ""]) => {
    const directory = (await deps.config()).value("cache_dir");
    const isWanted = await matcher(deps, about);
    const log = (await logsIn(deps, directory)).filter(isWanted).sort(byTime).at(-1);
    if (log === undefined) {
      throw new OrchestratorError("LOG_NOT_FOUND", `No log of ${quote(about)} on this machine`, {
        hint: `Logs are in ${directory} of the machine that ran the agent`,
        details: { cache_dir: directory },
      });
    }
    await print(deps, join(directory, log), options.follow);
  },
});

const LOG = /^(?<kind>[a-z]+)-(?<serial>\d{10})-(?<time>\d{8}T\d{9}Z)\.log$/;

/** Names of logs in the cache directory. */
async function logsIn(deps: Deps, directory: string): Promise<string[]> {
  return (await deps.files()).list(directory).filter((name) => LOG.test(name));
}

function byTime(a: string, b: string): number {
  const time = (name: string) => LOG.exec(name)?.groups?.["time"] ?? "";
  return time(a) < time(b) ? -1 : 1;
}

/** Whether a log is of what is meant: one task or message, or anything that a member ran. */
async function matcher(deps: Deps, about: string): Promise<(log: string) => boolean> {
  const one = subjectOf(about);
  if (one !== undefined) return (log) => one.test(log);
  const team = await deps.team();
  const member = await team.members.find(about);
  const [events, { messages }] = await Promise.all([
    team.journal.read({ limit: MAX_EVENTS }),
    team.inbox.poll(member.id, { all: true }),
  ]);
  const tasks = events.flatMap(({ by, task_id }) => by === member.id ? task_id ?? [] : []);
  const ids = new Set([...tasks, ...messages.map(({ id }) => id)]);
  const subjects = [...ids].map((id) => subjectOf(id)).filter((each) => each !== undefined);
  return (log) => subjects.some((subject) => subject.test(log));
}

/** What the logs of a task or of a message are called; undefined for anything else. */
function subjectOf(id: string): RegExp | undefined {
  const [, kind, serial] = /^(task|msg)-(\d{10})$/.exec(id) ?? [];
  if (kind === undefined) return undefined;
  return new RegExp(`^(${kind === "task" ? "task" : "msg|help"})-${serial}-`);
}

async function print(deps: Deps, path: string, follow: boolean): Promise<void> {
  const clock = await deps.clock();
  const decoder = new TextDecoder();
  for (let start = 0;;) {
    for await (const chunk of createReadStream(path, { start })) {
      start += chunk.length;
      await deps.out.text(decoder.decode(chunk, { stream: true }));
    }
    if (!follow) return;
    await sleep(clock, LOOK_MS, deps.signal);
  }
}
