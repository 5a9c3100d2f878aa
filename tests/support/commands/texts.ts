import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import type { CommandShell } from "../command_shell.ts";

type Json = Record<string, unknown>;

/** Texts that have broken other programs; every third is tried on an executable, too. */
const HOSTILE = [
  "$(touch /tmp/owned) `id` ; rm -rf ~ | cat && true",
  "$& $' $` $1 {{name}} {{content}}",
  "line one\nline two\ttab \"quotes\" 'single' \\ backslash",
  "\u001b[2J\u001b]0;title\u0007red\u009b31m\u202eright to left 日本語 👩‍👩‍👧 é",
  "日本語 한국어 👩‍👩‍👧 🚀 é",
  "--help",
  "-q",
  "-",
  " ",
];

/** Texts that have broken other programs, and texts that are too long. `shell` opens one with a home and a project of its own. */
export function textTests(shell: () => CommandShell, isThorough: boolean): void {
  const hostile = HOSTILE.filter((_, index) => isThorough || index % 3 === 0);
  describe("texts", () => {
    const writer = { shell: undefined as CommandShell | undefined };
    beforeAll(async () => {
      writer.shell = shell();
      await writer.shell.json("register", "--name", "Text");
    });

    test.each(hostile)("stay what they are: %j", async (text) => {
      const one = writer.shell;
      if (one === undefined) throw new Error("no shell");
      const title = text.trim() === "" ? "blank" : text;
      const task = await one.json<Json>("push-task", "--title", title, "--description", text);
      expect(task).toMatchObject({ title: title.trim(), description: text });
      await one.json("claim-task", "--task-id", String(task["id"]));
      const done = await one.json(
        "complete-task",
        "--task-id",
        String(task["id"]),
        "--result",
        text,
      );
      expect(done).toMatchObject({ result: text });
      await one.json("set-context", "--key", `text ${text}`, "--value", text);
      expect(await one.json("get-context", "--key", `text ${text}`)).toMatchObject({
        value: text,
      });
      expect((await one.run("get-context", "--key", `text ${text}`, "--raw")).stdout).toBe(text);
      const table = await one.run(
        "task-show",
        "--task-id",
        String(task["id"]),
        "--output",
        "table",
      );
      // deno-lint-ignore no-control-regex
      expect(table.stdout).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]/);
    });

    test("a description of 300 KiB comes from a file, a message from stdin", async () => {
      const one = shell();
      await one.json("register", "--name", "Long");
      const long = "0123456789é".repeat(27_000);
      writeFileSync(join(one.directory, "long.md"), long);
      const task = await one.json<Json>(
        "push-task",
        "--title",
        "Long",
        "--description-file",
        "long.md",
      );
      expect(task["description"]).toBe(long);
      await one.json("task-cancel", "--task-id", String(task["id"]));
      const sent = await one.start(["send-message", "--to-name", "Long", "-"], { stdin: long })
        .ended;
      expect(sent.status).toBe(0);
      const [message] = await one.json<Json[]>("poll-messages", "--mark-read");
      expect(message?.["content"]).toBe(long);
      expect(await one.json("poll-messages")).toEqual([]);
      await one.json("unregister");
    });

    test("2 MiB is refused before anything is sent", async () => {
      const one = shell();
      writeFileSync(join(one.directory, "huge.md"), "x".repeat(2 * 1024 * 1024));
      expect(await one.failure("push-task", "--title", "Huge", "--description-file", "huge.md"))
        .toMatchObject({ exit: 2, code: "TOO_LARGE" });
      writeFileSync(
        join(one.directory, "huge.jsonl"),
        JSON.stringify({ title: "H", description: "x".repeat(2 * 1024 * 1024) }),
      );
      expect(await one.failure("push-task", "--file", "huge.jsonl"))
        .toMatchObject({ exit: 2, code: "TOO_LARGE" });
      const stdin = "x".repeat(2 * 1024 * 1024);
      const { status, stderr } = await one.start(["set-context", "--key", "huge", "-"], { stdin })
        .ended;
      expect({ exit: status, ...JSON.parse(stderr).error }).toMatchObject({
        exit: 2,
        code: "TOO_LARGE",
      });
    });

    test("what is not UTF-8 is refused with the byte", async () => {
      const one = shell();
      const bytes = new Uint8Array([0x61, 0xc3, 0xa9, 0xff, 0x62]);
      writeFileSync(join(one.directory, "latin.md"), bytes);
      expect(await one.failure("set-context", "--key", "x", "--file", "latin.md")).toMatchObject({
        exit: 2,
        code: "INVALID_INPUT",
        byte_offset: 3,
      });
      const { status, stderr } = await one.start(["push-task", "--file", "-"], { stdin: bytes })
        .ended;
      expect({ exit: status, ...JSON.parse(stderr).error }).toMatchObject({
        exit: 2,
        byte_offset: 3,
      });
    });
  });
}
