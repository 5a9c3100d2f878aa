import { beforeEach, expect, test } from "vitest";
import type { Team } from "../../src/coordination/team.ts";
import { systemClock } from "../../src/platform/node/system_clock.ts";
import { FaultyZooKeeper, type Loss } from "../support/faulty_zookeeper.ts";
import { PERSON } from "../support/task_team.ts";
import { next, teamOn } from "../support/team_on.ts";
import { useClient } from "../support/live.ts";
import { describeWithZooKeeper } from "../support/zookeeper_suite.ts";

const MINUTE = 60_000;

describeWithZooKeeper("the pause of the team", (server) => {
  const zk = useClient(server);
  const other = useClient(server);
  let root: string;
  let team: Team;
  let theirs: Team;
  beforeEach(async () => {
    root = await server.freshRoot();
    team = teamOn(zk, root);
    theirs = teamOn(other, root);
  });
  const inMs = (ms: number) => systemClock.now() + ms;
  const iso = (ms: number) => new Date(ms).toISOString();

  test("lasts until the later of two, whoever comes first", async () => {
    const [early, late] = [inMs(MINUTE), inMs(2 * MINUTE)];
    expect(await team.pause.current()).toBeNull();
    expect((await team.pause.pause(early, "limit", PERSON)).until).toBe(iso(early));
    expect((await theirs.pause.pause(late, "weekly limit", PERSON)).until).toBe(iso(late));
    expect(await team.pause.pause(early, "limit", PERSON)).toMatchObject({
      until: iso(late),
      reason: "weekly limit",
      by_name: "Tester",
    });
    expect(await team.pause.current()).toMatchObject({ until: iso(late) });
  });

  test("lasts until the latest of many at once", async () => {
    const base = inMs(MINUTE);
    const order = [3, 9, 1, 7, 0, 8, 2, 6, 4, 5];
    await Promise.all(
      order.map((step) =>
        (step % 2 === 0 ? team : theirs).pause.pause(base + step * MINUTE, "limit", PERSON)
      ),
    );
    expect(await team.pause.current()).toMatchObject({ until: iso(base + 9 * MINUTE) });
  });

  test("ends by itself, by a hand, and a watcher sees both", async () => {
    const stop = new AbortController();
    const watch = team.pause.watch(stop.signal);
    expect(await next(watch)).toBeNull();
    const begun = next(watch);
    await theirs.pause.pause(inMs(300), "short", PERSON);
    expect(await begun).toMatchObject({ reason: "short" });
    expect(await next(watch)).toBeNull();
    expect(await team.pause.current()).toBeNull();
    const again = next(watch);
    await theirs.pause.pause(inMs(MINUTE), "long", PERSON);
    expect(await again).toMatchObject({ reason: "long" });
    const ended = next(watch);
    expect(await theirs.pause.resume(PERSON)).toBe(true);
    expect(await ended).toBeNull();
    expect(await theirs.pause.resume(PERSON)).toBe(false);
    stop.abort();
    expect((await team.journal.read()).map(({ type }) => type)).toEqual([
      "fleet_paused",
      "fleet_paused",
      "fleet_resumed",
    ]);
  });

  test("that does not parse stops nobody, is not replaced, and stays", async () => {
    await zk.create(`${root}/pause`, new TextEncoder().encode(`{"v":1,"until":"soon"}`));
    expect(await team.pause.current()).toBeNull();
    await expect(team.pause.pause(1, "", PERSON)).rejects.toMatchObject({ code: "CORRUPT_DATA" });
    expect((await zk.exists(`${root}/pause`))?.version).toBe(0);
  });

  test.each<Loss>(["before", "after", "late"])(
    "is set and ended once whichever reply is lost (%s)",
    async (how) => {
      const until = inMs(MINUTE);
      for (let at = 1;; at++) {
        const path = await server.freshRoot();
        const faulty = new FaultyZooKeeper(zk, { loseWrite: { at, how } });
        const { pause } = teamOn(faulty.zk, path);
        expect(await pause.pause(until, "limit", PERSON)).toMatchObject({ until: iso(until) });
        expect(await pause.resume(PERSON)).toBe(true);
        await faulty.settle();
        const witness = teamOn(other, path);
        expect(await witness.pause.current()).toBeNull();
        expect((await witness.journal.read()).map(({ type }) => type)).toEqual([
          "fleet_paused",
          "fleet_resumed",
        ]);
        if (faulty.writes < at) break;
      }
    },
  );
});
