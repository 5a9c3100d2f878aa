import { describe, expect, test } from "vitest";
import type { CommandShell } from "../command_shell.ts";

type Json = Record<string, unknown>;

/** A session of several people, each command from its own process. `shell` opens one with a home and a project of its own. */
export function sessionTests(shell: () => CommandShell): void {
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

    test("a member shows what it claimed, until a step of its own ends that", async () => {
      const worker = shell();
      await worker.json("register", "--name", "Shower");
      const self = async () =>
        (await worker.json<Json[]>("list-instances")).find(({ name }) => name === "Shower");
      const idle = { status: "idle", current_task_id: null };
      const claim = async () => {
        const { id } = await worker.json<{ id: string }>(
          ...["push-task", "--title", "Shown", "--assignee", "Shower"],
        );
        await worker.json("claim-task", "--task-id", id);
        expect(await self()).toMatchObject({ status: "busy", current_task_id: id });
        return id;
      };
      const ends = [
        ["complete-task", "--result", "done"],
        ["task-fail", "--reason", "no"],
        ["task-block", "--reason", "why"],
        ["task-release"],
      ] as const;
      for (const [command, ...options] of ends) {
        const id = await claim();
        expect(await worker.failure(command, ...options, "--task-id", id, "--token", "999"))
          .toMatchObject({ exit: 4 });
        expect(await self()).toMatchObject({ status: "busy", current_task_id: id });
        await worker.json(command, ...options, "--task-id", id);
        expect(await self()).toMatchObject(idle);
      }
      const [other, current] = [await claim(), await claim()];
      await worker.json("complete-task", "--task-id", other, "--result", "");
      expect(await self()).toMatchObject({ status: "busy", current_task_id: current });
      const { member } = await worker.json<{ member: { id: string } }>("heartbeat");
      const stranger = shell();
      await stranger.json("-i", member.id, "task-release", "--task-id", current);
      expect(await self()).toMatchObject(idle);
    });

    test("the environment names task and token to the commands that end a claim", async () => {
      const agent = shell();
      await agent.json("register", "--name", "Agent");
      const claim = async () => {
        const { id } = await agent.json<{ id: string }>(
          ...["push-task", "--title", "Named", "--assignee", "Agent"],
        );
        const task = await agent.json<{ claim: { token: number } }>("claim-task", "--task-id", id);
        return { id, token: task.claim.token };
      };
      const [mine, other] = [await claim(), await claim()];
      const environment = (token: number | string) => ({
        CLAUDE_ORCHESTRATOR_TASK_ID: mine.id,
        CLAUDE_ORCHESTRATOR_CLAIM_TOKEN: String(token),
      });
      const end = (env: Record<string, string>, ...argv: string[]) =>
        agent.start(argv, { env }).ended;
      const stale = await end(environment(mine.token + 1), "task-release");
      expect([stale.status, stale.stderr]).toEqual([4, expect.stringContaining("CLAIM_LOST")]);
      const ends = [
        ["task-block", "--reason", "why"],
        ["task-fail", "--reason", "no"],
        ["task-release"],
        ["complete-task", "--result", "done"],
      ];
      let token = mine.token;
      for (const argv of ends) {
        const { status, stdout } = await end(environment(token), ...argv);
        expect([status, JSON.parse(stdout).id]).toEqual([0, mine.id]);
        if (argv[0] === "task-block") await agent.json("task-unblock", "--task-id", mine.id);
        if (argv[0] === "task-fail") await agent.json("task-retry", "--task-id", mine.id);
        if (argv[0] === "complete-task") break;
        token = (await agent.json<{ claim: { token: number } }>("claim-task", "--task-id", mine.id))
          .claim.token;
      }
      // The token is that of its own task, not of one that is named.
      const named = await end(
        environment(7),
        "complete-task",
        "--task-id",
        other.id,
        "--result",
        "",
      );
      expect([named.status, JSON.parse(named.stdout).id]).toEqual([0, other.id]);
      expect((await end(environment("?"), "task-release")).status).toBe(2);
      expect(await agent.failure("task-release")).toMatchObject({ exit: 2, code: "USAGE" });
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
}
