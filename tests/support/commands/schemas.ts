import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import { type CommandShell, inProcess, openShell } from "../command_shell.ts";

/** Everything that is printed, against the schema that the program gives for it. `shell` opens one with a home and a project of its own. */
export function schemaTests(shell: () => CommandShell): void {
  describe("every command prints what its schema says", () => {
    const checks: [string, (one: CommandShell, id: string) => string[]][] = [
      ["setup", () => ["setup", "--name", "Schema"]],
      ["register", () => ["register", "--name", "Schema"]],
      ["heartbeat", () => ["heartbeat", "--current-task", "reading"]],
      ["list-instances", () => ["list-instances"]],
      ["status", () => ["status"]],
      ["push-task", () => ["push-task", "--title", "x", "--assignee", "Schema"]],
      ["claim-task", () => ["claim-task"]],
      ["task-release", (_, id) => ["task-release", "--task-id", id]],
      ["task-show", (_, id) => ["task-show", "--task-id", id]],
      ["task-history", (_, id) => ["task-history", "--task-id", id]],
      ["list-tasks", () => ["list-tasks", "--limit", "5"]],
      ["poll-task", () => ["poll-task", "--status", "pending,failed"]],
      ["task-cancel", (_, id) => ["task-cancel", "--task-id", id]],
      ["request-help", () => ["request-help", "--question", "Why?", "--context", "Because"]],
      ["send-message", () => ["send-message", "--to-name", "Schema", "--content", "hello"]],
      ["wait-for-message", () => ["wait-for-message"]],
      ["poll-messages", () => ["poll-messages", "--all"]],
      ["set-context", () => ["set-context", "--key", "a/b", "--value", "v"]],
      ["get-context", () => ["get-context", "--key", "a/b"]],
      ["list-context-keys", () => ["list-context-keys", "--prefix", "a/"]],
      ["delete-context", () => ["delete-context", "--key", "a/b"]],
      ["config", () => ["config"]],
      ["config", () => ["config", "get", "role"]],
      ["config", () => ["config", "set", "role", "tester"]],
      ["config", () => ["config", "path"]],
      ["submit", () => ["submit", "A greeting", "--quiet"]],
      ["list-requirements", () => ["list-requirements", "--limit", "5"]],
      ["requirement-show", () => ["requirement-show", "--requirement-id", "req-0000000001"]],
      ["requirement-cancel", () => ["requirement-cancel", "--requirement-id", "req-0000000001"]],
      ["list-chains", () => ["list-chains"]],
      ["events", () => ["events", "--limit", "3", "--output", "jsonl"]],
      ["unregister", () => ["unregister"]],
    ];
    const one = { shell: undefined as CommandShell | undefined, task: "" };
    // It is a text that is the same however a command is run, and needs no server.
    const reader = openShell(inProcess, "");
    afterAll(() => reader.remove());
    const schemaOf = (command: string) =>
      reader.json<Parameters<typeof z.fromJSONSchema>[0]>("schema", command);
    beforeAll(() => void (one.shell = shell()));

    test.each(checks)("%s", async (command, words) => {
      if (one.shell === undefined) throw new Error("no shell");
      const schema = z.fromJSONSchema(await schemaOf(command));
      const { status, stdout, stderr } = await one.shell.run(...words(one.shell, one.task));
      expect({ status, stderr }).toMatchObject({ status: 0 });
      const values = command === "events"
        ? stdout.trim().split("\n").map((line) => JSON.parse(line))
        : [JSON.parse(stdout)];
      for (const value of values) schema.parse(value);
      if (command === "push-task") one.task = values[0].id;
    });

    test("an error does too", async () => {
      if (one.shell === undefined) throw new Error("no shell");
      const schema = z.fromJSONSchema(
        await one.shell.json<Parameters<typeof z.fromJSONSchema>[0]>("schema"),
      );
      const { stderr } = await one.shell.run("claim-tsk");
      schema.parse(JSON.parse(stderr));
    });
  });
}
