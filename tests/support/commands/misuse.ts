import { describe, expect, test } from "vitest";
import type { CommandShell } from "../command_shell.ts";

type Json = Record<string, unknown>;

/**
 * Wrong use, and what it is answered with: every one, or the first of each code. `shell` opens one with
 * a home and a project of its own.
 */
export function misuseTests(shell: () => CommandShell, isThorough: boolean): void {
  describe("wrong use", () => {
    const uses: [string[], number, string][] = [
      [["frobnicate"], 2, "USAGE"],
      [["push-task"], 2, "USAGE"],
      [["push-task", "--title", "x", "--priority", "9"], 2, "USAGE"],
      [["push-task", "--title", "  "], 2, "INVALID_INPUT"],
      [["push-task", "--title", "x", "--assignee", "nobody-here"], 3, "MEMBER_NOT_FOUND"],
      [
        ["push-task", "--title", "x", "--depends-on", "task-9999999999"],
        3,
        "DEPENDENCY_NOT_FOUND",
      ],
      [["push-task", "--title", "x", "--chain-id", "chain-1"], 2, "INVALID_INPUT"],
      [["push-task", "--title", "x", "--role", "Not A Role"], 2, "INVALID_INPUT"],
      [["claim-task"], 2, "IDENTITY_MISSING"],
      [["-i", "../../etc", "claim-task"], 2, "INVALID_INPUT"],
      [["task-show", "--task-id", "task-9999999999"], 3, "TASK_NOT_FOUND"],
      [["task-show", "--task-id", "9"], 2, "INVALID_INPUT"],
      [["get-context", "--key", "nothing"], 3, "CONTEXT_NOT_FOUND"],
      [["set-context", "--key", "", "--value", "x"], 2, "INVALID_INPUT"],
      [["send-message", "--content", "x"], 2, "USAGE"],
      [["send-message", "--content", "x", "--to-name", "ghost"], 3, "MEMBER_NOT_FOUND"],
      [["send-message", "--content", "x", "--to", "ghost"], 3, "MEMBER_NOT_FOUND"],
      [["logs", "task-9999999999"], 3, "LOG_NOT_FOUND"],
      [["config", "set", "zokeeper.url", "x"], 2, "INVALID_INPUT"],
      [["register"], 2, "USAGE"],
      [["register", "--name", "x", "--capacity", "2"], 2, "USAGE"],
      [["register", "--name", "x", "--agent", "rehearsal"], 2, "USAGE"],
      [["register", "--name", "x", "--work-dir", ".", "--agent", "robot"], 2, "USAGE"],
      [
        ["register", "--name", "x", "--work-dir", ".", "--agent", "claude", "--rehearse", "seed=1"],
        2,
        "USAGE",
      ],
      [
        ["register", "--name", "x", "--work-dir", ".", "--rehearse", "crush@build"],
        2,
        "INVALID_INPUT",
      ],
      [["register", "--name", "x", "--worktree"], 2, "USAGE"],
      [
        ["register", "--name", "x", "--work-dir", ".", "--worktree", "--capacity", "2"],
        2,
        "USAGE",
      ],
      [["leader", "--no-screen", "--rehearse", "time=soon"], 2, "INVALID_INPUT"],
      [["completions", "csh"], 2, "USAGE"],
      [["schema", "help"], 2, "INVALID_INPUT"],
      [["-i", "x1", "delete-message", "--message-id", "msg-9999999999"], 3, "MESSAGE_NOT_FOUND"],
      [["-i", "x1", "wait-for-message", "--timeout", "2s"], 124, "TIMED_OUT"],
    ];
    const isFirst = ([, , code]: (typeof uses)[number], at: number) =>
      uses.findIndex((use) => use[2] === code) === at;
    const tried = uses.filter((use, at) => isThorough || isFirst(use, at));

    test.each(tried)("%j ends with %i, %s", async (argv, status, code) => {
      const ended = await shell().run(...argv);
      expect(ended.stdout).toBe("");
      expect({ exit: ended.status, ...JSON.parse(ended.stderr).error }).toMatchObject({
        exit: status,
        code,
      });
    });

    test("an ambiguous name lists who may be meant", async () => {
      const [first, second] = [shell(), shell()];
      const a = await first.json<Json>("register", "--name", "Twin");
      const b = await second.json<Json>("register", "--name", "Twin");
      const error = await first.failure("send-message", "--to-name", "Twin", "--content", "x");
      expect(error).toMatchObject({ exit: 3, code: "MEMBER_AMBIGUOUS" });
      const candidates = (error["candidates"] as Json[]).map(({ id }) => id);
      expect(candidates.sort()).toEqual([a["id"], b["id"]].sort());
      await first.json("unregister");
      await second.json("unregister");
    });

    test("a compare-and-set that lost is refused", async () => {
      const one = shell();
      const { version } = await one.json<{ version: number }>(
        "set-context",
        "--key",
        "cas",
        "--value",
        "1",
      );
      await one.json(
        "set-context",
        "--key",
        "cas",
        "--value",
        "2",
        "--if-version",
        String(version),
      );
      expect(
        await one.failure(
          "set-context",
          "--key",
          "cas",
          "--value",
          "3",
          "--if-version",
          String(version),
        ),
      )
        .toMatchObject({ exit: 4, code: "VERSION_MISMATCH" });
    });
  });
}
