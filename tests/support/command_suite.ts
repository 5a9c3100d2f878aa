import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import { type CommandShell, openShell, type Starter } from "./command_shell.ts";
import { describeWithZooKeeper } from "./zookeeper_suite.ts";

type Json = Record<string, unknown>;

/** Texts that have broken other programs. */
const HOSTILE = [
  "$(touch /tmp/owned) `id` ; rm -rf ~ | cat && true",
  "$& $' $` $1 {{name}} {{content}}",
  "line one\nline two\ttab \"quotes\" 'single' \\ backslash",
  "\u001b[2J\u001b]0;title\u0007red\u009b31m\u202eright to left",
  "日本語 한국어 👩‍👩‍👧 🚀 é",
  "--help",
  "-q",
  "-",
  " ",
];

/** What the commands do, whichever way they are run. */
export function commandSuite(name: string, start: Starter): void {
  describeWithZooKeeper(name, (server) => {
    let root = "";
    const shells: CommandShell[] = [];
    const shell = () => {
      const opened = openShell(start, `${server.hosts}${root}`);
      shells.push(opened);
      return opened;
    };
    beforeAll(async () => void (root = await server.freshRoot()));
    afterAll(() => shells.forEach((each) => each.remove()));

    describe("a session from separate processes", () => {
      test("register, push, claim, block, message, unblock, claim, begin, complete", async () => {
        const [jerry, tom] = [shell(), shell()];
        const member = await jerry.json("register", "--name", "Jerry", "--role", "builder");
        expect(member).toMatchObject({ v: 1, name: "Jerry", role: "builder", kind: "leased" });
        await tom.json("register", "--name", "Tom", "--role", "verifier");
        const pushed = await tom.json<Json>("push-task", "--title", "Add a login page");
        expect(pushed).toMatchObject({ status: "pending", created_by_name: "Tom", priority: 1 });
        const id = String(pushed["id"]);

        const claimed = await jerry.json<Json>("claim-task");
        expect(claimed).toMatchObject({ id, status: "claimed", claim: { owner_name: "Jerry" } });
        expect(claimed["claimed_by"]).toBe((member as Json)["id"]);
        const blocked = await jerry.json("task-block", "--task-id", id, "--reason", "Which port?");
        expect(blocked).toMatchObject({ status: "blocked", blocked_reason: "Which port?" });

        const sent = await jerry.json<Json>(
          "send-message",
          "--to-name",
          "Tom",
          "--content",
          "Port?",
        );
        expect(sent).toMatchObject({ message_count: 1 });
        const [question] = await tom.json<Json[]>("poll-messages");
        expect(question).toMatchObject({ from_name: "Jerry", content: "Port?", read: false });
        await tom.json(
          "send-message",
          "--to-name",
          "Jerry",
          "--content",
          "8080",
          "--reply-to",
          String(question?.["id"]),
        );
        const answers = await jerry.json<Json[]>(
          "wait-for-message",
          "--reply-to",
          String(question?.["id"]),
        );
        expect(answers).toMatchObject([{ content: "8080" }]);

        await tom.json("task-unblock", "--task-id", id);
        await jerry.json("claim-task");
        const beat = await jerry.json("heartbeat", "--current-task", id);
        expect(beat).toMatchObject({
          status: "ok",
          member: { status: "busy", current_task_id: id },
          task: { status: "in_progress" },
        });
        const done = await jerry.json(
          ...["complete-task", "--task-id", id, "--result", "It works"],
          ...["--evidence", "commit=1a2b3c", "--evidence", "tests=12 passed"],
        );
        expect(done).toMatchObject({
          status: "completed",
          result: "It works",
          evidence: { commit: "1a2b3c", tests: "12 passed" },
          completed_by_name: "Jerry",
        });
        const history = await tom.json<Json>("task-history", "--task-id", id);
        expect((history["transitions"] as Json[]).map((each) => each["action"])).toEqual([
          "push",
          "claim",
          "block",
          "unblock",
          "claim",
          "start",
          "complete",
        ]);
      });

      test("fail and retry, up to the limit and past it", async () => {
        const jerry = shell();
        await jerry.json("register", "--name", "Retrier");
        const { id } = await jerry.json<{ id: string }>(
          ...["push-task", "--title", "Flaky", "--max-retries", "1", "--assignee", "Retrier"],
        );
        const failOnce = async () => {
          await jerry.json("claim-task", "--task-id", id);
          return await jerry.json("task-fail", "--task-id", id, "--reason", "No network");
        };
        expect(await failOnce()).toMatchObject({ status: "failed", fail_reason: "No network" });
        expect(await jerry.json("task-retry", "--task-id", id)).toMatchObject({
          id,
          status: "pending",
          retry_count: 1,
        });
        await failOnce();
        expect(await jerry.failure("task-retry", "--task-id", id)).toMatchObject({
          exit: 4,
          code: "RETRIES_EXHAUSTED",
        });
        expect(await jerry.json("task-retry", "--task-id", id, "--reset")).toMatchObject({
          retry_count: 0,
        });
        await jerry.json("task-cancel", "--task-id", id, "--reason", "Enough");
        expect(await jerry.failure("task-retry", "--task-id", id)).toMatchObject({
          exit: 4,
          code: "INVALID_TRANSITION",
        });
      });

      test("a claim belongs to the instance: somebody else is refused, and --force is told", async () => {
        const [owner, other] = [shell(), shell()];
        await owner.json("register", "--name", "Owner");
        await other.json("register", "--name", "Other");
        const { id } = await owner.json<{ id: string }>(
          "push-task",
          "--title",
          "Mine",
          "--assignee",
          "Owner",
        );
        expect(await other.failure("claim-task", "--task-id", id)).toMatchObject({
          exit: 4,
          code: "NOT_CLAIMABLE",
        });
        const claimed = await owner.json<{ claim: { token: number } }>(
          "claim-task",
          "--task-id",
          id,
        );
        expect(await other.failure("complete-task", "--task-id", id, "--result", "x"))
          .toMatchObject({
            exit: 4,
            code: "NOT_OWNER",
          });
        const stale = String(claimed.claim.token + 1);
        expect(await owner.failure("task-release", "--task-id", id, "--token", stale))
          .toMatchObject({
            exit: 4,
          });
        await other.json("complete-task", "--task-id", id, "--result", "forced", "--force");
        const { transitions } = await owner.json<{ transitions: Json[] }>(
          "task-history",
          "--task-id",
          id,
        );
        expect(transitions.at(-1)).toMatchObject({
          action: "complete",
          forced: true,
          by_name: "Other",
        });
      });

      test("who leaves gives the claims back, and is then unknown", async () => {
        const leaver = shell();
        const { id } = await leaver.json<{ id: string }>("register", "--name", "Leaver");
        const task = await leaver.json<{ id: string }>(
          "push-task",
          "--title",
          "Left",
          "--assignee",
          "Leaver",
        );
        await leaver.json("claim-task");
        expect(await leaver.json("unregister")).toMatchObject({
          status: "unregistered",
          instance_id: id,
          released: [task.id],
        });
        expect(await leaver.json("task-show", "--task-id", task.id)).toMatchObject({
          status: "pending",
          retry_count: 0,
        });
        expect(await leaver.failure("claim-task")).toMatchObject({ code: "IDENTITY_MISSING" });
        expect(await leaver.failure("unregister", "-i", id)).toMatchObject({
          exit: 3,
          code: "MEMBER_NOT_FOUND",
        });
        await leaver.json("task-cancel", "--task-id", task.id);
      });

      test("an identity that is not registered becomes a member by claiming", async () => {
        const script = shell();
        const { id } = await script.json<{ id: string }>("push-task", "--title", "No link");
        expect(await script.failure("-i", "ci-7", "claim-task", "--link", "plan")).toMatchObject({
          exit: 3,
          code: "NOTHING_TO_CLAIM",
        });
        const members = await script.json<Json[]>("list-instances");
        expect(members.find((member) => member["id"] === "ci-7")).toMatchObject({
          name: "ci-7",
          kind: "leased",
        });
        await script.json("task-cancel", "--task-id", id);
      });
    });

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
        ["events", () => ["events", "--limit", "3", "--output", "jsonl"]],
        ["unregister", () => ["unregister"]],
      ];
      const one = { shell: undefined as CommandShell | undefined, task: "" };
      beforeAll(() => void (one.shell = shell()));

      test.each(checks)("%s", async (command, words) => {
        if (one.shell === undefined) throw new Error("no shell");
        const schema = z.fromJSONSchema(
          await one.shell.json<Parameters<typeof z.fromJSONSchema>[0]>("schema", command),
        );
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

    describe("texts", () => {
      test.each(HOSTILE)("stay what they are: %j", async (text) => {
        const one = shell();
        await one.json("register", "--name", "Text");
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
        await one.json("unregister");
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

    describe("wrong use", () => {
      test.each<[string[], number, string]>([
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
        [["completions", "csh"], 2, "USAGE"],
        [["schema", "help"], 2, "INVALID_INPUT"],
        [["-i", "x1", "delete-message", "--message-id", "msg-9999999999"], 3, "MESSAGE_NOT_FOUND"],
        [["-i", "x1", "wait-for-message", "--timeout", "2s"], 124, "TIMED_OUT"],
      ])("%j ends with %i, %s", async (argv, status, code) => {
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

      test("watch-tasks ends with the first new task, watch-context with the first change", async () => {
        const one = shell();
        const since = ["watch-context", "--key", "watched", "--since", "0", "--timeout", "20s"];
        const value = one.start(since);
        await one.json("set-context", "--key", "watched", "--value", "new");
        expect(JSON.parse((await value.ended).stdout)).toMatchObject({
          type: "context_set",
          entry: { value: "new" },
        });
      });
    });

    describe("this machine", () => {
      test("ZooKeeper that is not there is said within the connect timeout, with status 5", async () => {
        const one = shell();
        const begin = performance.now();
        const error = await one.failure("-z", "127.0.0.1:1", "--timeout", "1s", "list-tasks");
        expect(error).toMatchObject({ exit: 5, code: "ZOOKEEPER_UNREACHABLE" });
        expect(performance.now() - begin).toBeLessThan(4000);
        const health = await one.run("-z", "127.0.0.1:1", "status", "--timeout", "1s");
        expect(health.status).toBe(5);
        expect(JSON.parse(health.stdout)).toMatchObject({ status: "unreachable", tasks: null });
      });

      test("completion offers commands, options, values, and what is alive", async () => {
        const one = shell();
        await one.json("register", "--name", "Completed");
        const { id } = await one.json<{ id: string }>(
          "push-task",
          "--title",
          "Tab",
          "--assignee",
          "Completed",
        );
        const words = async (...line: string[]) =>
          (await one.run("__complete", "--", ...line)).stdout.split("\n").map((each) =>
            each.split("\t")[0]
          );
        expect(await words("pus")).toEqual(["push-task", ""]);
        expect(await words("-z", "h:1", "push-task", "--pri")).toEqual(["--priority", ""]);
        expect(await words("push-task", "--link", "re")).toEqual(["review", ""]);
        expect(await words("push-task", "--link=re")).toEqual(["--link=review", ""]);
        expect(await words("task-show", "--task-id", "")).toContain(id);
        expect(await words("send-message", "--to-name", "Compl")).toContain("Completed");
        expect(await words("push-task", "--file", "")).toEqual([":file", ""]);
        await one.json("task-cancel", "--task-id", id);
        await one.json("unregister");
      });

      test("setup writes what it says, and keeps what was changed", async () => {
        const one = shell();
        const { written } = await one.json<{ written: string[] }>(
          "setup",
          "--name",
          "Jo",
          "--role",
          "builder",
        );
        for (const path of written) expect(readFileSync(path, "utf8")).not.toBe("");
        const own = written.find((path) => path.endsWith("worker-build.md")) ?? "";
        writeFileSync(own, "my own");
        expect(await one.json("setup")).toMatchObject({ written: [], kept: [own] });
        expect(readFileSync(own, "utf8")).toBe("my own");
      });
    });
  });
}
