import { describe, expect, test } from "vitest";
import type { CommandShell } from "../command_shell.ts";

type Json = Record<string, unknown>;

/** Many tasks at once. `shell` opens one with a home and a project of its own. */
export function batchTests(shell: () => CommandShell): void {
  describe("many tasks", () => {
    test("are pushed from JSON lines, depend on each other by key, and are listed by pages", async () => {
      const one = shell();
      await one.json("register", "--name", "Batch");
      const lines = Array.from({ length: 30 }, (_, index) =>
        JSON.stringify({
          title: `Part ${index}`,
          assignee: "Batch",
          key: `part-${index}`,
          depends_on: index === 29 ? ["part-0", "part-1"] : [],
        }));
      const stdin = `${lines.join("\n")}\n`;
      const { stdout, stderr } = await one.start(["push-task", "-"], { stdin }).ended;
      expect(stderr).toBe("");
      const pushed = JSON.parse(stdout) as Json[];
      expect(pushed).toHaveLength(30);
      expect(pushed.at(-1)).toMatchObject({ waiting_on: [pushed[0]?.["id"], pushed[1]?.["id"]] });

      const ids = pushed.map((task) => String(task["id"]));
      const listed: string[] = [];
      for (let cursor: string[] = [];;) {
        const page = await one.json<{ id: string }[]>(
          ...["list-tasks", "--assignee", "Batch", "--limit", "7", ...cursor],
        );
        listed.push(...page.map(({ id }) => id));
        if (page.length < 7) break;
        cursor = ["--cursor", page.at(-1)?.id ?? ""];
      }
      expect(listed).toEqual(ids);
      const lined = await one.run("list-tasks", "--assignee", "Batch", "--output", "jsonl");
      expect(lined.stdout.trim().split("\n")).toHaveLength(30);
      for (const id of ids) await one.json("task-cancel", "--task-id", id);
      await one.json("unregister");
    });

    test.each([
      ['{"title":"a"}\n{"titel":"b"}\n', "Line 2"],
      [
        '{"title":"a","key":"a","depends_on":["b"]}\n{"title":"b","key":"b","depends_on":["a"]}',
        "circle",
      ],
    ])("a bad file creates none: %j", async (stdin, said) => {
      const one = shell();
      const before = await one.json<Json>("status");
      const { status, stderr } = await one.start(["push-task", "-"], { stdin }).ended;
      expect(status).toBe(2);
      expect(JSON.parse(stderr).error.message.toLowerCase()).toContain(said.toLowerCase());
      expect((await one.json<Json>("status"))["tasks"]).toEqual(before["tasks"]);
    });
  });
}
