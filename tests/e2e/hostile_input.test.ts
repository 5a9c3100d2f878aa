import { afterAll, beforeAll, expect, test } from "vitest";
import { asProgram, type CommandShell, openShell } from "../support/command_shell.ts";
import { EXECUTABLE } from "../support/worker_process.ts";
import { describeWithZooKeeper } from "../support/zookeeper_suite.ts";

type Json = Record<string, unknown>;

/** All in one, so that each field is tried with all. */
const HOSTILE = "$(touch owned) `id` $& $1 {{name}} {{content}} \"q\" 'q' \\ line one\nline two " +
  "\u001b[2J\u001b]0;title\u0007\u009b31m\u202e 日本語 한국어 👩‍👩‍👧 🚀 é";
/** What a terminal would act upon, line ends aside. */
// deno-lint-ignore no-control-regex
const CONTROL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/;
const UNKNOWN_TASK = "task-9999999999";
const UNKNOWN_MESSAGE = "msg-9999999999";

describeWithZooKeeper("what is given to the executable", (server) => {
  let shell: CommandShell;
  beforeAll(async () => {
    shell = openShell(asProgram(EXECUTABLE), `${server.hosts}${await server.freshRoot()}`);
    await shell.json("register", "--name", HOSTILE, "-i", "me");
  });
  afterAll(() => shell.remove());

  const me = <T = Json>(...argv: string[]) => shell.json<T>("-i", "me", ...argv);
  const claimed = async () => {
    const { id } = await me<{ id: string }>("push-task", "--title", "x", "--assignee", "me");
    await me("claim-task", "--task-id", id);
    return id;
  };
  /** Prints it as a table, and gives that. */
  const harmless = async (...argv: string[]) => {
    const { status, stdout } = await shell.run("-i", "me", ...argv, "--output", "table");
    expect(status).toBe(0);
    expect(stdout).not.toMatch(CONTROL);
    expect(stdout).toContain("{{name}}");
    return stdout;
  };

  test("a task's texts come back as they were, and are harmless in tables", async () => {
    const created = await me<Json & { id: string }>(
      ...["push-task", "--title", HOSTILE, "--description", HOSTILE, "--criteria", HOSTILE],
      ...["--assignee", "me"],
    );
    const { id } = created;
    await me("claim-task", "--task-id", id);
    const evidence = `proof=${HOSTILE}`;
    await me("complete-task", "--task-id", id, "--result", HOSTILE, "--evidence", evidence);
    expect(await me("task-show", "--task-id", id)).toMatchObject({
      title: HOSTILE,
      description: HOSTILE,
      criteria: HOSTILE,
      result: HOSTILE,
      evidence: { proof: HOSTILE },
      completed_by_name: HOSTILE,
    });
    await harmless("task-show", "--task-id", id);
    await harmless("task-history", "--task-id", id);
    await harmless("list-tasks");
    await harmless("events");
    await harmless("list-instances");
  });

  test.each([
    ["task-block", "blocked_reason"],
    ["task-fail", "fail_reason"],
    ["task-cancel", "cancel_reason"],
  ])("the reason of %s does too", async (command, field) => {
    const id = await claimed();
    const forced = command === "task-cancel" ? ["--force"] : [];
    await me(command, "--task-id", id, "--reason", HOSTILE, ...forced);
    const task = await me("task-show", "--task-id", id);
    const { transitions } = await me<{ transitions: { reason?: string }[] }>(
      ...["task-history", "--task-id", id],
    );
    // A failure that is tried again is told by the history alone.
    const reasons = [task[field], ...transitions.map(({ reason }) => reason)];
    expect(reasons).toContain(HOSTILE);
    await harmless("task-history", "--task-id", id);
  });

  test("so do messages, shared values and their keys", async () => {
    await me("send-message", "--to", "me", "--content", HOSTILE);
    const [message] = await me<Json[]>("poll-messages");
    expect(message).toMatchObject({ content: HOSTILE, from_name: HOSTILE });
    await harmless("poll-messages");
    const key = "$(touch owned) `id` {{name}}\n\u001b[2J 日本 🚀";
    await me("set-context", "--key", key, "--value", HOSTILE);
    expect(await me("get-context", "--key", key)).toMatchObject({ key, value: HOSTILE });
    await harmless("get-context", "--key", key);
    await harmless("list-context-keys");
  });

  test("a line that is too large, or no UTF-8, keeps the others of its file out", async () => {
    const before = await me("status");
    const huge = JSON.stringify({ title: "H", description: "x".repeat(2 * 1024 * 1024) });
    const push = async (stdin: string | Uint8Array) => {
      const ended = await shell.start(["push-task", "--file", "-"], { stdin }).ended;
      return { exit: ended.status, ...JSON.parse(ended.stderr).error };
    };
    expect(await push(`{"title":"a"}\n${huge}\n{"title":"b"}\n`))
      .toMatchObject({ exit: 2, code: "TOO_LARGE" });
    const bytes = new Uint8Array([...new TextEncoder().encode('{"title":"a"}\n{"title":"'), 0xff]);
    expect(await push(bytes))
      .toMatchObject({ exit: 2, code: "INVALID_INPUT", byte_offset: bytes.length - 1 });
    expect((await me("status"))["tasks"]).toEqual(before["tasks"]);
  });

  test.each<[string[], string]>([
    [["task-show", "--task-id", UNKNOWN_TASK], "TASK_NOT_FOUND"],
    [["task-history", "--task-id", UNKNOWN_TASK], "TASK_NOT_FOUND"],
    [["claim-task", "--task-id", UNKNOWN_TASK], "TASK_NOT_FOUND"],
    [["complete-task", "--task-id", UNKNOWN_TASK, "--result", "x"], "TASK_NOT_FOUND"],
    [["task-block", "--task-id", UNKNOWN_TASK, "--reason", "x"], "TASK_NOT_FOUND"],
    [["task-unblock", "--task-id", UNKNOWN_TASK], "TASK_NOT_FOUND"],
    [["task-fail", "--task-id", UNKNOWN_TASK, "--reason", "x"], "TASK_NOT_FOUND"],
    [["task-retry", "--task-id", UNKNOWN_TASK], "TASK_NOT_FOUND"],
    [["task-cancel", "--task-id", UNKNOWN_TASK], "TASK_NOT_FOUND"],
    [["task-release", "--task-id", UNKNOWN_TASK], "TASK_NOT_FOUND"],
    [["events", "--task-id", UNKNOWN_TASK], ""],
    [["logs", UNKNOWN_TASK], "LOG_NOT_FOUND"],
    [["push-task", "--title", "x", "--blocked-by", UNKNOWN_TASK], "DEPENDENCY_NOT_FOUND"],
    [["push-task", "--title", "x", "--assignee", "ghost"], "MEMBER_NOT_FOUND"],
    [["mark-read", "--message-id", UNKNOWN_MESSAGE], "MESSAGE_NOT_FOUND"],
    [["dismiss-message", "--message-id", UNKNOWN_MESSAGE], "MESSAGE_NOT_FOUND"],
    [["send-message", "--to", "ghost", "--content", "x"], "MEMBER_NOT_FOUND"],
    [["list-tasks", "--assignee", "ghost"], "MEMBER_NOT_FOUND"],
    [["get-context", "--key", "nothing"], "CONTEXT_NOT_FOUND"],
    [["delete-context", "--key", "nothing"], ""],
  ])("an id that nobody has: %j %s", async (argv, code) => {
    const { status, stdout, stderr } = await shell.run("-i", "me", ...argv);
    if (code === "") expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    else {
      expect({ status, stdout }).toEqual({ status: 3, stdout: "" });
      expect(JSON.parse(stderr)).toMatchObject({ error: { code } });
    }
  });
});
