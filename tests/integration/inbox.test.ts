import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { MessageRun, NewMessage } from "../../src/coordination/inbox.ts";
import type { Team } from "../../src/coordination/team.ts";
import { idOf, InstanceId, type MessageId } from "../../src/domain/ids.ts";
import { Message } from "../../src/domain/message.ts";
import { encodePayload } from "../../src/coordination/payload.ts";
import type { ZooKeeper } from "../../src/zookeeper/zookeeper.ts";
import { FaultyZooKeeper, type Loss } from "../support/faulty_zookeeper.ts";
import { hookedZooKeeper } from "../support/hooked_zookeeper.ts";
import { meddlingZooKeeper } from "../support/meddling_zookeeper.ts";
import { Sessions } from "../support/sessions.ts";
import { connectTo } from "../support/task_team.ts";
import { next, profile, teamOn } from "../support/team_on.ts";
import { describeWithZooKeeper } from "../support/zookeeper_suite.ts";

const tom = InstanceId.parse("tom");
const jerry = InstanceId.parse("jerry");
const spike = InstanceId.parse("spike");

function to(...ids: InstanceId[]): Omit<NewMessage, "content"> {
  return { type: "direct", to: ids, from: { id: spike, name: "Spike" } };
}

describeWithZooKeeper("inboxes", (server) => {
  const sessions = new Sessions();
  let zk: ZooKeeper;
  let other: ZooKeeper;
  let root: string;
  let team: Team;
  beforeAll(async () => {
    zk = await connectTo(server.hosts);
    other = await connectTo(server.hosts);
  });
  afterAll(async () => {
    await sessions.closeAll();
    await zk.close();
    await other.close();
  });
  beforeEach(async () => {
    root = await freshTeam();
    team = teamOn(zk, root);
  });

  async function freshTeam(): Promise<string> {
    const path = await server.freshRoot();
    const { members } = teamOn(other, path);
    for (const name of ["tom", "jerry", "spike"]) await members.register(profile(name));
    return path;
  }
  const send = (content: string, one = team, more: Partial<NewMessage> = {}) =>
    one.inbox.send({ ...to(tom), content, ...more });
  const contents = async (owner: InstanceId, options = {}) =>
    (await team.inbox.poll(owner, options)).messages.map(({ content }) => content);
  async function begin(id: MessageId, session: string, one = team): Promise<MessageRun> {
    const begun = await one.inbox.begin(tom, id, session);
    if (begun.kind !== "begun") throw new Error(`It is ${begun.kind}`);
    return begun.run;
  }

  describe("send()", () => {
    test("puts one message under one id into each inbox", async () => {
      const sent = await team.inbox.send({ ...to(tom, jerry, tom), content: "hello" });
      expect(sent).toEqual({ id: "msg-0000000001", sent_to: [tom, jerry], skipped: [] });
      for (const owner of [tom, jerry]) {
        expect((await team.inbox.poll(owner)).messages).toMatchObject([{
          id: sent.id,
          content: "hello",
          from_name: "Spike",
          to_instance: owner,
          to_name: owner,
          read: false,
        }]);
      }
      expect((await team.journal.read()).at(-1)).toMatchObject({
        type: "message_sent",
        by: "spike",
        data: { message_id: sent.id, to: ["tom", "jerry"] },
      });
    });

    test("to everyone reaches everybody but the sender", async () => {
      const sent = await team.inbox.send({ ...to(), to: "everyone", type: "help", content: "?" });
      expect(sent.sent_to.toSorted()).toEqual([jerry, tom]);
      expect(await contents(spike)).toEqual([]);
    });

    test("reaches who is away, and is refused for who never was here", async () => {
      await team.members.unregister(tom);
      await send("for later");
      expect(await contents(tom)).toEqual(["for later"]);
      const nobody = InstanceId.parse("nobody");
      await expect(team.inbox.send({ ...to(tom, nobody), content: "x" })).rejects.toMatchObject({
        code: "MEMBER_NOT_FOUND",
        details: { not_found: [nobody] },
      });
      expect(await contents(tom)).toEqual(["for later"]);
    });

    test("never makes an inbox that is not there, even of one removed meanwhile", async () => {
      await send("before");
      const meddling = meddlingZooKeeper(zk, "jerry/new", async () => {
        const boxes = ["new", "read", "dead", "processing"].map((box) => `jerry/${box}`);
        for (const path of [...boxes, "jerry"]) await zk.delete(`${root}/messages/${path}`);
      });
      await expect(teamOn(meddling, root).inbox.send({ ...to(jerry), content: "x" }))
        .rejects.toMatchObject({ code: "MEMBER_NOT_FOUND" });
      expect(await zk.exists(`${root}/messages/jerry`)).toBeNull();
    });

    test("takes 512 KiB, and refuses more before anything is sent", async () => {
      const most = "x".repeat(512 * 1024);
      await send(most);
      expect(await contents(tom)).toEqual([most]);
      await expect(send(`${most}x`)).rejects.toMatchObject({ code: "TOO_LARGE" });
      await expect(team.inbox.send({ ...to(tom, jerry), content: most })).rejects.toMatchObject({
        code: "TOO_LARGE",
        details: { receivers: 2 },
      });
      expect(await contents(jerry)).toEqual([]);
    });

    test("refuses the message after the last that fits, exactly, whoever sends", async () => {
      const few = [zk, other].map((client) => teamOn(client, root, { maxUnread: 5 }));
      const results = await Promise.allSettled(
        Array.from({ length: 12 }, (_, index) => send(`${index}`, few[index % 2] ?? team)),
      );
      expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(5);
      for (const result of results) {
        if (result.status === "rejected") {
          expect(result.reason).toMatchObject({ code: "INBOX_FULL", details: { limit: 5 } });
        }
      }
      expect(await contents(tom)).toHaveLength(5);
      const everyone = { to: "everyone" as const };
      expect(await send("news", few[0], everyone)).toMatchObject({
        sent_to: [jerry],
        skipped: [tom],
      });
      const [first] = (await team.inbox.poll(tom, { limit: 1 })).messages;
      await team.inbox.markRead(tom, first?.id ?? idOf("msg", 0));
      await send("fits again", few[1]);
    });

    test("of 50 senders at once is dense, in order, and loses and doubles nothing", async () => {
      const clients = await Promise.all(
        Array.from({ length: 50 }, () => sessions.open(server.hosts)),
      );
      const sent = await Promise.all(clients.map(async (client, index) => {
        const one = teamOn(client.zk, root);
        const ids: string[] = [];
        for (const round of [0, 1, 2]) ids.push((await send(`${index}/${round}`, one)).id);
        return ids;
      }));
      const { messages } = await team.inbox.poll(tom);
      expect(messages.map(({ id }) => id)).toEqual(
        Array.from({ length: 150 }, (_, index) => idOf("msg", index + 1)),
      );
      expect(new Set(messages.map(({ content }) => content)).size).toBe(150);
      const byId = new Map<string, string>(messages.map(({ id, content }) => [id, content]));
      for (const [index, ids] of sent.entries()) {
        expect(ids).toEqual(ids.toSorted());
        expect(ids.map((id) => byId.get(id))).toEqual(
          [0, 1, 2].map((round) => `${index}/${round}`),
        );
      }
      await sessions.closeAll();
    });
  });

  describe("reading", () => {
    test("is oldest first, filtered and limited, and marks nothing", async () => {
      const first = await send("one");
      await send("two", team, { reply_to: first.id });
      await send("three", team, { from: { id: jerry, name: "Jerry" } });
      expect(await contents(tom)).toEqual(["one", "two", "three"]);
      expect(await contents(tom, { limit: 2 })).toEqual(["one", "two"]);
      expect(await contents(tom, { from: jerry })).toEqual(["three"]);
      expect(await contents(tom, { replyTo: first.id })).toEqual(["two"]);
      expect(await team.inbox.markRead(tom, first.id)).toBe(true);
      expect(await team.inbox.markRead(tom, first.id)).toBe(false);
      expect(await contents(tom)).toEqual(["two", "three"]);
      const [oldest] = (await team.inbox.poll(tom, { all: true })).messages;
      expect(oldest).toMatchObject({ content: "one", read: true });
      expect(oldest?.read_at).not.toBeNull();
    });

    test("dismisses once, and knows what is not there", async () => {
      const { id } = await send("one");
      expect(await team.inbox.dismiss(tom, id)).toBe(true);
      expect(await team.inbox.dismiss(tom, id)).toBe(false);
      await expect(team.inbox.markRead(tom, id)).rejects.toMatchObject({
        code: "MESSAGE_NOT_FOUND",
      });
    });

    test("goes on around what is no message, reports it, and leaves it", async () => {
      await send("one");
      const bad = `${root}/messages/tom/new/msg-0000000000`;
      await zk.create(bad, new TextEncoder().encode("not JSON"));
      const polled = await team.inbox.poll(tom);
      expect(polled.messages).toMatchObject([{ content: "one" }]);
      expect(polled.corrupt).toMatchObject([{ path: bad }]);
      const stop = new AbortController();
      expect(await next(team.inbox.follow(tom, stop.signal))).toMatchObject({ content: "one" });
      stop.abort();
      expect((await zk.exists(bad))?.version).toBe(0);
    });

    test("waits for what matches, and gives at once what is there", async () => {
      const signal = AbortSignal.timeout(80_000);
      await send("not this");
      const waiting = team.inbox.wait(tom, { from: jerry }, signal);
      const theirs = teamOn(other, root);
      await send("nor this", theirs);
      await send("this", theirs, { from: { id: jerry, name: "Jerry" } });
      expect(await waiting).toMatchObject([{ content: "this" }]);
      expect(await team.inbox.wait(tom, { from: jerry }, signal)).toMatchObject([{
        content: "this",
      }]);
      const gone = new AbortController();
      const never = team.inbox.wait(tom, { from: tom }, gone.signal);
      gone.abort(new Error("enough"));
      await expect(never).rejects.toThrow("enough");
    });

    test("follows without losing a wake-up, however they come", async () => {
      const stop = new AbortController();
      const follow = team.inbox.follow(tom, stop.signal);
      const theirs = teamOn(other, root);
      const seen: string[] = [];
      const reader = (async () => {
        for await (const { id, content } of follow) {
          seen.push(content);
          if (seen.length % 3 === 0) await team.inbox.markRead(tom, id);
          if (seen.length === 120) return;
        }
      })();
      for (let index = 0; index < 120; index += 2) {
        await Promise.all([send(`${index}`, theirs), send(`${index + 1}`, team)]);
      }
      await reader;
      expect(seen.toSorted()).toEqual(
        Array.from({ length: 120 }, (_, index) => `${index}`).toSorted(),
      );
    });
  });

  describe("expiry", () => {
    test("moves a message that nobody is to act on to the dead letters", async () => {
      await send("brief", team, { expires_in_ms: 1 });
      await send("long", team, { expires_in_ms: 60_000 });
      await team.serverTime.now();
      await expect.poll(() => contents(tom), { timeout: 60_000 }).toEqual(["long"]);
      expect((await team.inbox.deadLetters(tom)).letters).toMatchObject([
        { content: "brief", dead_reason: "expired", attempts: 0 },
      ]);
      expect((await team.journal.read()).at(-1)).toMatchObject({
        type: "message_dead",
        reason: "expired",
      });
    });
  });

  describe("runs", () => {
    test("end with the reply in one transaction, once", async () => {
      const { id } = await send("do it");
      const run = await begin(id, "process 1");
      expect(run.attempt).toBe(1);
      expect(await contents(tom)).toEqual(["do it"]);
      const reply = { ...to(spike), from: { id: tom, name: "Tom" }, content: "done", reply_to: id };
      const sent = await team.inbox.finish(run, { reply });
      expect(await contents(spike)).toEqual(["done"]);
      expect(await contents(tom)).toEqual([]);
      expect(await team.inbox.finish(run, { reply })).toEqual(sent);
      expect(await contents(spike)).toEqual(["done"]);
      expect(await team.inbox.begin(tom, id, "process 2")).toEqual({ kind: "gone" });
    });

    test("of a process that died are counted, and after three the message is given up", async () => {
      const { id } = await send("deadly");
      for (const attempt of [1, 2, 3]) {
        expect((await begin(id, `process ${attempt}`)).attempt).toBe(attempt);
        expect(await team.inbox.begin(tom, id, `process ${attempt}`)).toEqual({ kind: "running" });
      }
      const dead = { kind: "dead", reason: "attempts", attempts: 3 };
      expect(await team.inbox.begin(tom, id, "process 4")).toEqual(dead);
      expect(await team.inbox.begin(tom, id, "process 5")).toEqual(dead);
      expect(await contents(tom)).toEqual([]);
      expect((await team.inbox.deadLetters(tom)).letters).toMatchObject([{ id, attempts: 3 }]);
    });

    test("that were taken over cannot be finished by whoever lost them", async () => {
      const { id } = await send("do it");
      const lost = await begin(id, "process 1");
      const taken = await begin(id, "process 2");
      const reply = { ...to(spike), content: "late" };
      await expect(team.inbox.finish(lost, { reply })).rejects.toMatchObject({
        code: "CLAIM_LOST",
      });
      await expect(team.inbox.finish(lost)).rejects.toMatchObject({ code: "CLAIM_LOST" });
      expect(await contents(spike)).toEqual([]);
      await team.inbox.finish(taken);
      await expect(team.inbox.finish(lost)).rejects.toMatchObject({ code: "CLAIM_LOST" });
    });

    test("can be put back, with and without counting", async () => {
      const { id } = await send("do it");
      await team.inbox.putBack(await begin(id, "p"), { counted: false });
      expect(await zk.exists(`${root}/messages/tom/processing/${id}`)).toBeNull();
      await team.inbox.putBack(await begin(id, "p"), { counted: true });
      const second = await begin(id, "p");
      expect(second.attempt).toBe(2);
      await team.inbox.putBack(second, { counted: false });
      expect((await begin(id, "p")).attempt).toBe(2);
    });

    test("go on when the message is dismissed or read meanwhile", async () => {
      for (const meddle of ["dismiss", "markRead"] as const) {
        const { id } = await send("do it");
        const run = await begin(id, "p");
        await team.inbox[meddle](tom, id);
        await team.inbox.finish(run, { reply: { ...to(jerry), content: meddle } });
      }
      expect(await contents(jerry)).toEqual(["dismiss", "markRead"]);
    });

    test("are not ended where the reply is refused", async () => {
      const { id } = await send("do it");
      const run = await begin(id, "p");
      const reply = { ...to(InstanceId.parse("nobody")), content: "?" };
      await expect(team.inbox.finish(run, { reply })).rejects.toMatchObject({
        code: "MEMBER_NOT_FOUND",
      });
      expect(await team.inbox.begin(tom, id, "p")).toEqual({ kind: "running" });
      await team.inbox.finish(run);
    });
  });

  describe("whichever reply is lost", () => {
    test.each<Loss>(["before", "after", "late"])("(%s) each step is done once", async (how) => {
      for (let at = 1;; at++) {
        const path = await freshTeam();
        const faulty = new FaultyZooKeeper(zk, { loseWrite: { at, how } });
        const { inbox } = teamOn(faulty.zk, path);
        const first = await inbox.send({ ...to(tom, jerry), content: "first" });
        const second = await inbox.send({ ...to(tom), content: "second" });
        const third = await inbox.send({ ...to(tom), content: "third" });
        expect([first.id, second.id, third.id]).toEqual([1, 2, 3].map((n) => idOf("msg", n)));
        const begun = await inbox.begin(tom, first.id, "p");
        if (begun.kind !== "begun") throw new Error(`It is ${begun.kind}`);
        expect(begun.run.attempt).toBe(1);
        const reply = { ...to(spike), content: "reply" };
        expect(await inbox.finish(begun.run, { reply })).toMatchObject({ id: idOf("msg", 4) });
        const bare = await inbox.begin(tom, second.id, "p");
        if (bare.kind !== "begun") throw new Error(`It is ${bare.kind}`);
        await inbox.finish(bare.run);
        expect(await inbox.markRead(tom, third.id)).toBe(true);
        expect(await inbox.dismiss(jerry, first.id)).toBe(true);
        await faulty.settle();

        const witness = teamOn(other, path);
        const all = async (owner: InstanceId) =>
          (await witness.inbox.poll(owner, { all: true })).messages
            .map(({ content, read }) => `${content} ${read}`);
        expect(await all(tom)).toEqual(["first true", "second true", "third true"]);
        expect(await all(jerry)).toEqual([]);
        expect(await all(spike)).toEqual(["reply false"]);
        const told = (await witness.journal.read()).filter(({ type }) => type === "message_sent");
        expect(told.map(({ data }) => data?.["message_id"])).toEqual(
          [1, 2, 3, 4].map((n) => idOf("msg", n)),
        );
        if (faulty.writes < at) break;
      }
    });

    test("a message is sent once though it was dismissed before the sender could look", async () => {
      await send("first");
      const theirs = teamOn(other, root);
      const hooked = hookedZooKeeper(zk, "sync", async () => {
        for (const { id } of (await theirs.inbox.poll(tom)).messages) {
          await theirs.inbox.dismiss(tom, id);
        }
      });
      const faulty = new FaultyZooKeeper(hooked, { loseWrite: { at: 1, how: "after" } });
      const sent = await send("once", teamOn(faulty.zk, root));
      expect(sent).toEqual({ id: "msg-0000000002", sent_to: [tom], skipped: [] });
      expect((await send("next")).id).toBe("msg-0000000003");
      expect(await contents(tom)).toEqual(["next"]);
    });
  });

  test("retention removes what was read long ago, in batches, and nothing else", async () => {
    for (let index = 0; index < 5; index++) {
      const { id } = await send(`old ${index}`);
      await team.inbox.markRead(tom, id);
    }
    await send("unread");
    const dismissed = (await send("dismissed in its run")).id;
    await begin(dismissed, "p");
    await team.inbox.dismiss(tom, dismissed);
    const young = { olderThanMs: 60_000, limit: 100 };
    expect(await team.sweepReadMessages(young)).toEqual({ removed: 0, more: false });
    const all = { olderThanMs: -60_000, limit: 4 };
    expect(await team.sweepReadMessages(all)).toEqual({ removed: 4, more: true });
    expect(await team.sweepReadMessages(all)).toEqual({ removed: 2, more: false });
    expect(await contents(tom, { all: true })).toEqual(["unread"]);
    expect(await zk.exists(`${root}/messages/tom/processing/${dismissed}`)).toBeNull();
  });

  test("holds 10,000 unread messages, and polls the first of them fast", async () => {
    const body = encodePayload(Message.parse({
      v: 1,
      id: idOf("msg", 0),
      type: "direct",
      to_instance: tom,
      content: "x",
      created_at: "2026-01-01T00:00:00.000Z",
    }));
    for (let start = 0; start < 10_000; start += 500) {
      await zk.multi(Array.from({ length: 500 }, (_, index) => ({
        type: "create" as const,
        path: `${root}/messages/tom/new/${idOf("msg", 1_000_000 + start + index)}`,
        data: body,
      })));
    }
    await expect(send("one too many")).rejects.toMatchObject({
      code: "INBOX_FULL",
      details: { limit: 10_000 },
    });
    expect(await contents(tom, { limit: 3 })).toHaveLength(3);
  });
});
