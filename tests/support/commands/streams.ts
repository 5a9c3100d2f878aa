import { describe, expect, test } from "vitest";
import type { CommandShell } from "../command_shell.ts";

/** Commands that wait, and commands that follow. `shell` opens one with a home and a project of its own. */
export function streamTests(shell: () => CommandShell): void {
  describe("waiting and following", () => {
    test("claim-task --wait takes what is pushed later", async () => {
      const one = shell();
      await one.json("register", "--name", "Waiter");
      const waiting = one.start(["claim-task", "--wait", "--timeout", "20s"]);
      const { id } = await one.json<{ id: string }>(
        "push-task",
        "--title",
        "Late",
        "--assignee",
        "Waiter",
      );
      const { status, stdout } = await waiting.ended;
      expect(status).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({ status: "claimed", id });
      await one.json("unregister");
    });

    test.each([
      [["events", "--follow", "--since", "1h"]],
      [["list-tasks", "--watch"]],
      [["list-instances", "--watch"]],
    ])("%j prints JSON lines and ends with 130 on Ctrl+C", async (argv) => {
      const one = shell();
      await one.json("register", "--name", "Follower");
      const { id } = await one.json<{ id: string }>(
        "push-task",
        "--title",
        "Seen",
        "--assignee",
        "Follower",
      );
      const following = one.start(argv);
      await following.printed(argv[0] === "list-instances" ? "Follower" : id);
      following.interrupt();
      const { status, stdout, stderr } = await following.ended;
      expect(status).toBe(130);
      expect(JSON.parse(stderr).error.code).toBe("INTERRUPTED");
      for (const line of stdout.trim().split("\n")) {
        expect(JSON.parse(line)).toMatchObject({
          v: 1,
          type: expect.any(String),
          time: expect.any(String),
        });
      }
      await one.json("task-cancel", "--task-id", id);
      await one.json("unregister");
    });

    test("watch-context ends with the first change after the version that was seen", async () => {
      const one = shell();
      const watching = one.start(
        ["watch-context", "--key", "watched", "--since", "0", "--timeout", "20s"],
      );
      await one.json("set-context", "--key", "watched", "--value", "new");
      const { status, stdout } = await watching.ended;
      expect(status).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({ type: "context_set", entry: { value: "new" } });
    });

    test("watch-tasks ends with the first task that is pushed after its start", async () => {
      const one = shell();
      const watching = one.start(["watch-tasks", "--timeout", "20s"]);
      const pushed: string[] = [];
      // It does not say when it has begun to look, so tasks are pushed until it has seen one.
      let isOver = false;
      void watching.ended.then(() => isOver = true);
      while (!isOver) {
        const { id } = await one.json<{ id: string }>("push-task", "--title", "Watched");
        pushed.push(id);
      }
      const { status, stdout } = await watching.ended;
      expect(status).toBe(0);
      const line = JSON.parse(stdout);
      expect(line).toMatchObject({ type: "tasks_pushed", task: { status: "pending" } });
      expect(pushed).toContain(line.task.id);
      for (const id of pushed) await one.json("task-cancel", "--task-id", id);
    });
  });
}
