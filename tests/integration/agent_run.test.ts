import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { chmod, mkdir, readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { AgentRequest, AgentRun } from "../../src/agent/agent_request.ts";
import { runAgent } from "../../src/agent/run_agent.ts";
import { systemClock } from "../../src/platform/node/system_clock.ts";
import { systemRandom } from "../../src/platform/node/system_random.ts";
import { fileAppears } from "../support/awaited_file.ts";
import { claudeEnvironment, claudePath } from "../support/claude_cli.ts";
import {
  bash,
  inOrder,
  say,
  type ScriptedApi,
  startScriptedApi,
  use,
} from "../support/scripted_api.ts";

let directory: string;
let api: ScriptedApi;
let lines: string[];

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "agent-run-"));
  api = await startScriptedApi();
  lines = [];
});

afterEach(async () => {
  await api.close();
  rmSync(directory, { recursive: true, force: true });
});

type Overrides = Partial<AgentRequest> & { readonly flags?: readonly string[] };

function run({ flags = [], ...overrides }: Overrides = {}, env: Record<string, string> = {}) {
  const request: AgentRequest = {
    command: [claudePath() ?? "claude", ...flags],
    prompt: "Say hello",
    cwd: directory,
    env,
    logPath: join(directory, "cache", "run.log"),
    limits: { stallMs: 60_000, totalMs: 80_000, graceMs: 1000 },
    expects: "changes",
    onOutput: (line) => lines.push(line),
    ...overrides,
  };
  return runAgent(request, {
    clock: systemClock,
    random: systemRandom,
    env: claudeEnvironment({ directory, apiUrl: api.url }),
  });
}

/** A command that runs until it is killed, known by a file that it writes its process id to. */
function endlessCommand(): { command: string; pid: () => number } {
  const file = join(directory, "pid");
  return {
    command: `echo $$ > ${file}.part; mv ${file}.part ${file}; exec tail -f /dev/null`,
    pid: () => Number(readFileSync(file, "utf8")),
  };
}

function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

const usesBash = ["--allowedTools", "Bash"];

describe.skipIf(claudePath() === undefined)("the real Claude Code", () => {
  test("ok: answer, cost, session, progress, and the whole stream in a private log", async () => {
    api.play(inOrder(bash("echo from-the-tool"), say("Hello, team")));
    const result = await run({ flags: usesBash });
    expect(result.outcome).toEqual({ kind: "ok" });
    expect(result.text).toBe("Hello, team");
    expect(result.exit).toEqual({ code: 0, signal: null });
    expect(result.costUsd).toBeGreaterThan(0);
    expect(result.usage?.inputTokens).toBe(2000);
    expect(result.numTurns).toBe(2);
    expect(api.sessions()).toEqual([result.sessionId]);
    expect(lines).toEqual(["→ Bash echo from-the-tool", "Hello, team"]);
    const log = readFileSync(result.logPath, "utf8");
    expect(log).toContain('"subtype":"init"');
    expect(log).toContain("from-the-tool");
    expect(statSync(result.logPath).mode & 0o777).toBe(0o600);
    expect(statSync(join(directory, "cache")).mode & 0o777).toBe(0o700);
    expect(result.logProblem).toBeNull();
  });

  test("nothing_done: a denied tool is no success, though the exit status is 0", async () => {
    api.play(inOrder(use("Write", { file_path: "/etc/no", content: "x" }), say("I could not")));
    const result = await run();
    expect(result.exit.code).toBe(0);
    expect(result.outcome).toEqual({
      kind: "nothing_done",
      denied: [{ tool: "Write", target: "/etc/no" }],
    });
  });

  test("ok with denials, where the agent found another way", async () => {
    api.play(
      inOrder(use("Write", { file_path: "/etc/no", content: "x" }), bash("true"), say("ok")),
    );
    const result = await run({ flags: usesBash });
    expect(result.outcome).toEqual({ kind: "ok" });
    expect(result.denied).toEqual([{ tool: "Write", target: "/etc/no" }]);
  });

  test("rate_limited: a spent plan, until the reset that the API names", async () => {
    const reset = Math.floor(Date.now() / 1000) + 3600;
    api.play(() => ({
      type: "error",
      status: 429,
      headers: {
        "anthropic-ratelimit-unified-status": "rejected",
        "anthropic-ratelimit-unified-reset": String(reset),
        "anthropic-ratelimit-unified-representative-claim": "five_hour",
      },
    }));
    // An empty key counts as none; a plan is used through an OAuth token.
    const result = await run({}, {
      ANTHROPIC_API_KEY: "",
      CLAUDE_CODE_OAUTH_TOKEN: "sk-ant-oat01-x",
    });
    expect(result.outcome).toMatchObject({ kind: "rate_limited", until: reset * 1000 });
  });

  test("rate_limited: of a key, without a known end", async () => {
    api.play(() => ({ type: "error", status: 429 }));
    expect((await run()).outcome).toMatchObject({ kind: "rate_limited", until: null });
  });

  test("overloaded", async () => {
    api.play(() => ({ type: "error", status: 529 }));
    expect((await run()).outcome.kind).toBe("overloaded");
  });

  test("not_logged_in: a refused key, and none at all", async () => {
    api.play(() => ({ type: "error", status: 401 }));
    expect((await run()).outcome.kind).toBe("not_logged_in");
    const without = await run({}, { ANTHROPIC_API_KEY: "" });
    expect(without.outcome).toMatchObject({
      kind: "not_logged_in",
      reason: "Not logged in · Please run /login",
    });
  });

  test("out_of_credit", async () => {
    const message = "Your credit balance is too low to access the Anthropic API.";
    api.play(() => ({ type: "error", status: 400, message }));
    expect((await run()).outcome.kind).toBe("out_of_credit");
  });

  test("budget_spent and turns_spent", async () => {
    api.play(() => bash("echo again"));
    const budget = await run({ flags: usesBash, options: { budgetUsd: 0.001 } });
    expect(budget.outcome.kind).toBe("budget_spent");
    expect(budget.costUsd).toBeGreaterThan(0.001);
    const turns = await run({ flags: usesBash, options: { maxTurns: 2 } });
    expect(turns.outcome.kind).toBe("turns_spent");
    expect(turns.exit.code).toBe(1);
  });

  test("structured output: given, and withheld", async () => {
    const jsonSchema = {
      type: "object",
      properties: { answer: { type: "number" } },
      required: ["answer"],
    };
    api.play(inOrder(use("StructuredOutput", { answer: 42 })));
    const given = await run({ options: { jsonSchema }, expects: "answer" });
    expect(given.outcome).toEqual({ kind: "ok" });
    expect(given.structuredOutput).toEqual({ answer: 42 });
    api.play(inOrder(say("forty-two")));
    const withheld = await run({ options: { jsonSchema }, expects: "answer" });
    expect(withheld.outcome.kind).toBe("no_structured_output");
    expect(withheld.text).toBe("forty-two");
  });

  test("the version trap: -v is taken as --verbose, --version is found out", async () => {
    const fixed = await run({ flags: ["-v"] });
    expect(fixed.outcome).toEqual({ kind: "ok" });
    expect(fixed.warnings).toHaveLength(1);
    const trapped = await run({ flags: ["--version"] });
    expect(trapped.exit.code).toBe(0);
    expect(trapped.outcome.kind).toBe("version_printed");
  });

  test("failed: a flag that it does not know", async () => {
    const result = await run({ flags: ["--no-such-flag"] });
    expect(result.outcome).toMatchObject({ kind: "failed" });
    expect(JSON.stringify(result.outcome)).toContain("unknown option");
  });

  test("a prompt of 1 MiB, and one that begins with a dash, arrive whole", async () => {
    const prompt = `--help ${"x".repeat(1024 * 1024)} the end`;
    expect((await run({ prompt })).outcome).toEqual({ kind: "ok" });
    expect(api.requests[0]?.prompt).toContain(prompt);
  });

  test("a resumed conversation is billed by the difference; an unknown one is found out", async () => {
    const first = await run();
    const sessionId = first.sessionId ?? "";
    const costUsd = first.sessionCostUsd ?? 0;
    const second = await run({ resume: { sessionId, costUsd }, prompt: "again" });
    expect(second.outcome).toEqual({ kind: "ok" });
    expect(second.sessionId).toBe(sessionId);
    expect(second.costUsd).toBeCloseTo(first.costUsd ?? 0, 6);
    expect(second.sessionCostUsd).toBeCloseTo(2 * costUsd, 6);
    const unknown = await run({ resume: { sessionId: crypto.randomUUID(), costUsd: 0 } });
    expect(unknown.outcome.kind).toBe("no_such_session");
  });

  test("timed_out: silence", async () => {
    api.play(() => ({ type: "hang" }));
    const result = await run({ limits: { stallMs: 2500, totalMs: 80_000, graceMs: 1000 } });
    expect(result.outcome).toEqual({ kind: "timed_out", limit: "stall" });
    // Asked to end, it tells what it has cost, where it gets to that within the grace.
    expect(result.costUsd ?? 0).toBe(0);
  });

  test("timed_out: too long in all", async () => {
    api.play(() => bash("echo tick"));
    const result = await run({
      flags: usesBash,
      limits: { stallMs: 60_000, totalMs: 6000, graceMs: 1000 },
    });
    expect(result.outcome).toEqual({ kind: "timed_out", limit: "total" });
  });

  test("aborted: the command of its Bash tool does not survive", async () => {
    const endless = endlessCommand();
    api.play(inOrder(bash(endless.command)));
    const abort = new AbortController();
    const running = run({ flags: usesBash, signal: abort.signal });
    await fileAppears(join(directory, "pid"));
    expect(isRunning(endless.pid())).toBe(true);
    abort.abort();
    expect((await running).outcome).toEqual({ kind: "aborted" });
    expect(isRunning(endless.pid())).toBe(false);
  });

  test("commands are not run in the background, where they would keep the run open", async () => {
    const endless = endlessCommand();
    const background = { command: endless.command, run_in_background: true };
    api.play(inOrder(use("Bash", background), say("It refused")));
    expect((await run({ flags: usesBash })).outcome).toEqual({ kind: "ok" });
    expect(existsSync(join(directory, "pid"))).toBe(false);
  });

  test("where they are allowed to, an agent that has given its result is not waited for", async () => {
    const endless = endlessCommand();
    const background = { command: endless.command, run_in_background: true };
    api.play(({ answered }) => answered === 0 ? use("Bash", background) : say("Started"));
    const limits = { stallMs: 60_000, totalMs: 80_000, graceMs: 1000, lingerMs: 1500 };
    const env = { CLAUDE_CODE_DISABLE_BACKGROUND_TASKS: "" };
    const result = await run({ flags: usesBash, limits }, env);
    expect(result.killedBy).toBe("lingered");
    expect(result.outcome).toEqual({ kind: "ok" });
    expect(result.text).toBe("Started");
    expect(isRunning(endless.pid())).toBe(false);
  });

  test("killed from outside: no result, and the orphan of its Bash tool is ended too", async () => {
    const endless = endlessCommand();
    api.play(inOrder(bash(endless.command)));
    const running = run({ flags: usesBash });
    await fileAppears(join(directory, "pid"));
    process.kill(await claudeOf(endless.pid()), "SIGKILL");
    const result = await running;
    expect(result.exit).toEqual({ code: null, signal: "SIGKILL" });
    expect(result.outcome).toMatchObject({ kind: "no_result" });
    expect(isRunning(endless.pid())).toBe(false);
  });

  test("an abort before the start starts nothing", async () => {
    const result = await run({ signal: AbortSignal.abort() });
    expect(result.outcome).toEqual({ kind: "aborted" });
    expect(api.requests).toEqual([]);
  });

  test("a full disk costs the log, not the run", async () => {
    const result = await run({ logPath: "/dev/full" });
    expect(result.outcome).toEqual({ kind: "ok" });
    expect(result.text).toBe("done");
    expect(result.logProblem).toContain("ENOSPC");
    expect(lines.filter((line) => line.includes("ENOSPC"))).toHaveLength(1);
  });

  test("a log directory that cannot be made costs the log, not the run", async () => {
    writeFileSync(join(directory, "file"), "");
    const result = await run({ logPath: join(directory, "file", "x", "run.log") });
    expect(result.outcome).toEqual({ kind: "ok" });
    expect(result.logProblem).toContain("ENOTDIR");
  });
});

/** The Claude Code above a process: the first of its ancestors that runs its binary. */
async function claudeOf(pid: number): Promise<number> {
  for (const name of await readdir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const [environment, command] = await Promise.all(
      ["environ", "cmdline"].map((file) => readText(`/proc/${name}/${file}`)),
    );
    const isOurs = environment?.includes(`ANTHROPIC_BASE_URL=${api.url}\0`) ?? false;
    if (isOurs && command?.startsWith(`${claudePath()}\0`) && Number(name) !== pid) {
      return Number(name);
    }
  }
  throw new Error(`No Claude Code above ${pid}`);
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

describe("any other command", () => {
  const shell = (script: string, overrides: Overrides = {}): Promise<AgentRun> =>
    run({ command: ["sh", "-c", script], ...overrides });

  test("is judged by its exit status, reads its prompt, and answers in plain text", async () => {
    const good = await shell("cat; echo; echo done", { prompt: "-n the prompt" });
    expect(good.outcome).toEqual({ kind: "ok" });
    expect(good.text).toBe("-n the prompt\ndone\n");
    const bad = await shell("echo broken >&2; exit 3");
    expect(bad.outcome).toEqual({ kind: "failed", reason: "It exited with 3: broken" });
  });

  test("has the environment of its run", async () => {
    const result = await run(
      { command: ["sh", "-c", 'echo "$CLAUDE_ORCHESTRATOR_TASK_ID"'] },
      { CLAUDE_ORCHESTRATOR_TASK_ID: "task-0000000007" },
    );
    expect(result.text).toBe("task-0000000007\n");
  });

  test("is told what it is about, in the way of OpenTelemetry", async () => {
    const show = 'echo "$OTEL_RESOURCE_ATTRIBUTES|$OTEL_METRICS_EXPORTER"';
    const env = { OTEL_RESOURCE_ATTRIBUTES: "team.name=a", OTEL_METRICS_EXPORTER: "otlp" };
    const told = await run(
      { command: ["sh", "-c", show], attributes: { task_id: "task-0000000007", link: null } },
      env,
    );
    expect(told.text).toBe("team.name=a,claude_orchestrator.task_id=task-0000000007|otlp\n");
    const untold = await run({ command: ["sh", "-c", 'echo "${OTEL_RESOURCE_ATTRIBUTES-unset}"'] });
    expect(untold.text).toBe("unset\n");
  });

  test("may be missing, not executable, or without its work directory", async () => {
    expect((await run({ command: ["no-such-agent"] })).outcome.kind).toBe("no_such_command");
    const file = join(directory, "agent");
    writeFileSync(file, "#!/bin/sh\n");
    await chmod(file, 0o644);
    expect((await run({ command: [file] })).outcome.kind).toBe("no_such_command");
    const lost = await shell("true", { cwd: join(directory, "nowhere") });
    expect(lost.outcome).toMatchObject({ kind: "failed" });
    expect(JSON.stringify(lost.outcome)).toContain("nowhere");
  });

  test("need not read its prompt", async () => {
    const result = await shell("exec 0<&-; echo ok", { prompt: "x".repeat(1024 * 1024) });
    expect(result.outcome).toEqual({ kind: "ok" });
  });

  test("that ignores SIGTERM is killed, with a child that left for a session of its own", async () => {
    const endless = endlessCommand();
    await mkdir(join(directory, "cache"));
    const abort = new AbortController();
    const running = shell(
      `trap '' TERM; setsid sh -c '${endless.command}' & wait; wait; sleep 60`,
      {
        signal: abort.signal,
        limits: { stallMs: 60_000, totalMs: 80_000, graceMs: 200 },
      },
    );
    await fileAppears(join(directory, "pid"));
    abort.abort();
    const result = await running;
    expect(result.outcome).toEqual({ kind: "aborted" });
    expect(isRunning(endless.pid())).toBe(false);
  });

  test("that never falls silent is ended when its time in all is over", async () => {
    const limits = { stallMs: 4_000, totalMs: 5_000, graceMs: 200 };
    const result = await shell("while sleep 0.1; do echo tick; done", { limits });
    expect(result.outcome).toEqual({ kind: "timed_out", limit: "total" });
  });

  test("whose child keeps the pipe open does not keep the run open", async () => {
    const endless = endlessCommand();
    const result = await shell(
      `sh -c '${endless.command}' & until [ -e pid ]; do sleep 0.05; done; echo hi`,
    );
    expect(result.outcome).toEqual({ kind: "ok" });
    expect(result.text).toBe("hi\n");
    process.kill(endless.pid(), "SIGKILL");
  });

  test("cannot command the terminal", async () => {
    await shell(String.raw`printf '\033]0;owned\007\033[2Jred\033[31m text\r\n\342\200\256rtl\n'`);
    expect(lines).toEqual(["red text", "rtl"]);
  });
});
