import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CUT_MARK } from "../../src/domain/fit_steps.ts";
import { answer, ChainTeam, COST, LEADER, planOf, TERMS, WORKER } from "../support/chain_team.ts";
import { useClient } from "../support/live.ts";
import { claimer, holderOf, PERSON } from "../support/task_team.ts";
import { profile, teamOn } from "../support/team_on.ts";
import { describeWithZooKeeper } from "../support/zookeeper_suite.ts";

describeWithZooKeeper("chains that are meddled with", (server) => {
  const zk = useClient(server);
  let it: ChainTeam;
  beforeEach(async () => {
    it = await new ChainTeam(teamOn(zk, await server.freshRoot())).join();
  });
  afterEach(async () => {
    expect(await it.team.tasks.audit()).toMatchObject({ findings: [], corrupt: [] });
  });

  describe("the end of a chain before its time", () => {
    test("stops it: what was handed in is refused, the rest cancelled, even out of its holder's hands", async () => {
      const { id } = await it.openedChain();
      await it.judge(await it.work(id), answer("pass"));
      const held = await it.claim(id);
      const cancelled = await it.team.chains.end(id, "cancelled", "Not wanted", PERSON);
      expect(cancelled).toMatchObject({ status: "cancelled", reason: "Not wanted" });
      expect(await it.links(id)).toEqual([
        "build: completed passed",
        "verify: cancelled refused",
        "review: cancelled refused",
        "accept: cancelled refused",
      ]);
      const late = it.team.tasks.complete(held.id, holderOf(WORKER, held), { result: "late" });
      await expect(late).rejects.toMatchObject({ code: "CLAIM_LOST" });
      expect((await it.team.tasks.get(held.id)).late_reports).toMatchObject([{ text: "late" }]);
      expect(await it.team.chains.end(id, "failed", "again", PERSON)).toEqual(cancelled);
      expect(await it.team.requirements.list()).toMatchObject([{ status: "cancelled" }]);
    });

    test("makes a decision of it come to nothing, though it is kept and paid for", async () => {
      const { id } = await it.openedChain();
      const report = await it.work(id);
      const ended = await it.team.chains.end(id, "cancelled", "Not wanted", PERSON);
      await expect(it.judge(report, answer("pass"))).rejects.toThrow("is cancelled");
      const after = await it.team.chains.carryOut(report, {
        course: { kind: "advance", to: "verify", reason: "decided too late" },
        terms: TERMS,
        helpMs: 0,
      }, LEADER);
      expect(after).toMatchObject({ ...ended, spent: COST, updated_at: expect.any(String) });
      expect(await it.team.chains.decision(id, report.id)).toMatchObject({ status: "answered" });
    });

    test("leaves a link that was refused to whoever tries it again by hand", async () => {
      const { id } = await it.openedChain();
      const task = await it.claim(id);
      await it.team.tasks.fail(task.id, holderOf(WORKER, task), "no network");
      const failed = await it.team.chains.end(id, "failed", "Given up", LEADER);
      expect(await it.team.tasks.get(task.id)).toMatchObject({
        status: "failed",
        judgement: "refused",
        fail_reason: "Given up",
      });
      expect(await it.team.tasks.retry(task.id, PERSON, { reset: true })).toMatchObject({
        judgement: "none",
        status: "pending",
      });
      const again = await it.team.tasks.claim(WORKER, { taskId: task.id });
      if (again === null) throw new Error("Nothing to claim");
      await it.team.tasks.complete(task.id, holderOf(WORKER, again), { result: "after all" });
      expect(await it.team.chains.awaiting()).toEqual([]);
      expect(await it.team.chains.get(id)).toEqual(failed);
    });
  });

  describe("a person in the middle", () => {
    test("cancels the link at work: the chain is given up, whatever is decided", async () => {
      const { id } = await it.openedChain();
      await it.judge(await it.work(id), answer("pass"));
      const held = await it.claim(id);
      const outside = await it.team.tasks.push({ title: "x", depends_on: [held.id] }, PERSON);
      await it.team.tasks.cancel(held.id, PERSON, "out of scope", { force: true });
      expect(await it.links(id)).toEqual([
        "build: completed passed",
        "verify: cancelled awaited",
        "review: pending awaited waiting",
        "accept: pending awaited waiting",
      ]);
      expect(await it.team.tasks.audit()).toMatchObject({ findings: [] });
      expect((await it.team.tasks.get(outside.id)).status).toBe("pending");
      const failed = await it.judge(await it.report(id), answer("feedback"));
      expect(failed).toMatchObject({
        status: "failed",
        reason: "verify was cancelled by Tester: out of scope",
      });
      expect((await it.team.tasks.get(outside.id)).status).toBe("blocked");
    });

    test("cancels a link to come: the chain is given up with the next decision", async () => {
      const { id } = await it.openedChain();
      const report = await it.work(id);
      await it.team.tasks.cancel((await it.task(id, "review")).id, PERSON);
      expect(await it.judge(report, answer("pass"))).toMatchObject({
        status: "failed",
        reason: "review was cancelled by Tester",
      });
      expect((await it.links(id))[0]).toBe("build: failed refused");
    });

    test("unblocks a link whose report was being judged: that decision comes to nothing", async () => {
      const { id } = await it.openedChain();
      const task = await it.claim(id);
      await it.team.tasks.block(task.id, holderOf(WORKER, task), "Which port?");
      const report = await it.report(id);
      await it.team.tasks.unblock(task.id, PERSON);
      expect(await it.judge(report, answer("feedback"))).toMatchObject({
        round: 1,
        status: "open",
      });
      const second = await it.work(id);
      expect(second.id).toBe(`${task.id}-2`);
      // The same task, handed in anew: an answer to its first report must not count for its second.
      expect(await it.carryOut(report, answer("feedback"))).toMatchObject({ round: 1 });
      expect(await it.judge(second, answer("pass"))).toMatchObject({ at: "verify" });
    });

    test("hands a link in by force, and retries one that failed", async () => {
      const { id } = await it.openedChain();
      const task = await it.claim(id);
      await it.team.tasks.fail(task.id, holderOf(WORKER, task), "no network");
      await it.team.tasks.retry(task.id, PERSON);
      await it.claim(id);
      const force = { by: PERSON, force: true };
      await it.team.tasks.complete(task.id, force, { result: "by hand" });
      const report = await it.report(id);
      expect(report.task).toMatchObject({ reports: 2, result: "by hand" });
      expect((await it.judge(report, answer("pass"))).at).toBe("verify");
    });

    test("cannot begin a link before the one before it is passed", async () => {
      const { id } = await it.openedChain();
      await it.work(id);
      const { id: taskId } = await it.task(id, "verify");
      const claim = it.team.tasks.claim(WORKER, { taskId });
      await expect(claim).rejects.toMatchObject({ code: "NOT_CLAIMABLE" });
      expect(await it.team.tasks.claim(WORKER)).toBeNull();
    });
  });

  test("a late report of a former owner changes nothing of what is judged", async () => {
    const { id } = await it.openedChain();
    const old = await it.claim(id);
    await it.team.tasks.release(old.id, { by: PERSON, force: true });
    const other = claimer("other");
    await it.team.members.register(profile("other"));
    const task = await it.team.tasks.claim(other, { taskId: old.id });
    if (task === null) throw new Error("Nothing to claim");
    await it.team.tasks.complete(task.id, holderOf(other, task), { result: "right" });
    const report = await it.report(id);
    await expect(it.team.tasks.complete(old.id, holderOf(WORKER, old), { result: "late" }))
      .rejects.toMatchObject({ code: "CLAIM_LOST" });
    expect((await it.report(id)).id).toBe(report.id);
    expect(await it.judge(report, answer("pass"))).toMatchObject({ at: "verify" });
    expect(await it.team.tasks.get(old.id)).toMatchObject({
      result: "right",
      late_reports: [{ text: "late" }],
      judgement: "passed",
    });
  });

  describe("somebody's hand in the tree", () => {
    const remove = async (...path: string[]) => await zk.delete(it.team.tree.path(...path));

    test("that removed index entries does not stop a chain: its steps set them right", async () => {
      const { id, requirement_id } = await it.openedChain();
      const verify = await it.task(id, "verify");
      await remove("tasks", "waiting", "00000000", verify.id);
      await remove("tasks", "dependents", (await it.task(id, "build")).id, "00000000", verify.id);
      const report = await it.work(id);
      await remove("tasks", "awaiting", "00000000", report.task.id);
      expect((await it.judge(report, answer("pass"))).at).toBe("verify");
      await remove("chains", "open", id);
      await remove("requirements", "open", requirement_id ?? "");
      expect((await it.finish(id)).status).toBe("completed");
      expect(await it.team.requirements.list()).toMatchObject([{ status: "completed" }]);
    });

    test("that removed a task leaves a chain that can be given up, and an auditor who says so", async () => {
      const { id } = await it.openedChain();
      const review = await it.task(id, "review");
      await remove("tasks", "records", review.id);
      const { findings } = await it.team.tasks.audit();
      expect(findings).toContainEqual({
        path: it.team.tree.path("chains", "records", id),
        problem: "link review: its task is missing",
      });
      const report = await it.work(id);
      await expect(it.judge(report, answer("pass"))).rejects.toMatchObject({
        code: "TASK_NOT_FOUND",
      });
      expect((await it.team.chains.end(id, "cancelled", "Broken", PERSON)).status).toBe(
        "cancelled",
      );
      const accept = (await it.task(id, "accept")).status;
      expect(accept).toBe("cancelled");
      // Who woke those that wait for `verify` met it, and set it aside.
      await remove("tasks", "set_aside", review.id);
      await remove("tasks", "waiting", "00000000", review.id);
      await remove("tasks", "chains", id, "00000000", review.id);
    });
  });

  describe("large texts", () => {
    const large = "x".repeat(250 * 1024);

    test("of every link still fit when a reject opens four of them again, and when it is given up", async () => {
      const text = "y".repeat(16 * 1024);
      const { id } = await it.openedChain(planOf({ plan: true, text }));
      for (let link = 0; link < 4; link++) await it.judge(await it.work(id, large), answer("pass"));
      const report = await it.work(id, large);
      const guidance = "z".repeat(16 * 1024);
      const after = await it.judge(report, answer("reject", { redo_link: "plan", guidance }));
      expect(after.at).toBe("plan");
      expect(await it.claim(id)).toMatchObject({ result: large, guidance: [{ text: guidance }] });
      expect((await it.team.chains.end(id, "failed", guidance, LEADER)).status).toBe("failed");
    });

    test("that as JSON fill a record on their own are cut, and nothing is stuck", async () => {
      const { requirements } = it.team;
      const { id } = await requirements.submit({ content: "r".repeat(250 * 1024) }, PERSON);
      const text = "y".repeat(16 * 1024);
      await requirements.storePlan(id, planOf({ text }, { text }), COST, LEADER);
      const { chains } = await requirements.pushChains(id, () => Promise.resolve(TERMS), LEADER);
      const [chain] = chains;
      if (chain === undefined) throw new Error("No chain");
      // Each byte of it is six in JSON.
      const control = "\u0001".repeat(145_000);
      for (let link = 0; link < 3; link++) {
        await it.judge(await it.work(chain, control), answer("pass"));
      }
      const closed = await it.judge(await it.work(chain, control), answer("pass"));
      expect(closed.status).toBe("completed");
      const [, , review, accept] = await it.team.chains.tasks(closed);
      expect(review?.result).toBe(control);
      const cut = accept?.result ?? "";
      expect(cut.length).toBeGreaterThan(50_000);
      expect(`${control}${CUT_MARK}`.endsWith(cut.slice(-1000))).toBe(true);
    });

    test("of a decomposition are refused where they would not fit any more", async () => {
      const { requirements } = it.team;
      const { id } = await requirements.submit({ content: "x" }, PERSON);
      const text = "y".repeat(16 * 1024);
      const plan = planOf(...Array.from({ length: 5 }, () => ({ text })));
      await expect(requirements.storePlan(id, plan, COST, LEADER)).rejects.toMatchObject({
        code: "TOO_LARGE",
      });
    });
  });
});
