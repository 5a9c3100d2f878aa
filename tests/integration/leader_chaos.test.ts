import { afterEach, expect, test } from "vitest";
import { sleep } from "../../src/platform/clock.ts";
import { systemClock } from "../../src/platform/node/system_clock.ts";
import { SeededRandom } from "../../src/platform/simulated/seeded_random.ts";
import type { Term } from "../../src/coordination/election.ts";
import { isLoss } from "../../src/coordination/losses.ts";
import { type CandidateProcess, Candidates } from "../support/candidates.ts";
import { countUp, reignsIn, upTo, type Write } from "../support/led_writes.ts";
import { useClient } from "../support/live.ts";
import { teamOn } from "../support/team_on.ts";
import { describeWithZooKeeper } from "../support/zookeeper_suite.ts";

/** ms: the shortest that the test's server grants, and a little. */
const SESSION_MS = 600;
/** ms for which things go wrong; longer only where too little came of it. */
const TROUBLE_MS = 12_000;
const LONGEST_MS = 40_000;
/** What must have come of it, for the test to tell anything. */
const ENOUGH = { terms: 5, refused: 1 };
/** ms between two troubles, at most. */
const PAUSE_MS = 500;
/** Writes that a Leader of this test still tries when it knows that its term is over. */
const STUBBORN_WRITES = 5;

/** One of those who want to lead, as it is now: it is killed, and started again. */
interface Contender {
  readonly name: string;
  process: CandidateProcess;
  term: Term | null;
}

describeWithZooKeeper("Leaders on a network that fails", (server) => {
  const zk = useClient(server);
  let candidates: Candidates;
  afterEach(() => candidates.closeAll());

  test("write in the order of their epochs, each only while no successor was elected", async () => {
    const seed = Math.floor(systemClock.now()) % 1_000_000;
    const random = new SeededRandom(seed);
    const root = await server.freshRoot();
    candidates = new Candidates(server, root);
    const team = teamOn(zk, root);
    const stop = new AbortController();
    const tally: Record<Write, number> = { done: 0, refused: 0, unknown: 0 };

    /** Leads whenever it can, until its process is killed or the test is over. */
    async function serve(contender: Contender): Promise<void> {
      const { process } = contender;
      while (!stop.signal.aborted && contender.process === process) {
        try {
          const term = await process.campaign({ standby: true, signal: stop.signal });
          contender.term = term;
          terms++;
          await reign(process, term);
        } catch (error) {
          const isOver = stop.signal.aborted || contender.process !== process;
          if (!isOver && !isLoss(error)) throw error;
        }
      }
    }

    /** Writes as fast as it goes, and does not stop when it is told that its term is over. */
    async function reign(process: CandidateProcess, term: Term): Promise<void> {
      const led = process.team(term);
      let left = STUBBORN_WRITES;
      while (left > 0) {
        if (term.signal.aborted) left--;
        const write = await countUp(led, term);
        tally[write]++;
        if (write === "refused") return;
      }
    }

    async function start(name: string): Promise<CandidateProcess> {
      return await candidates.open(name, { sessionTimeoutMs: SESSION_MS });
    }

    const contenders: Contender[] = [];
    const serving: Promise<void>[] = [];
    for (const name of ["a", "b", "c"]) {
      contenders.push({ name, process: await start(name), term: null });
    }
    for (const contender of contenders) serving.push(serve(contender));

    const troubles: Record<string, (victim: Contender) => Promise<void> | void> = {
      cut: ({ process }) => process.proxy.cut(),
      freeze: async ({ process }) => {
        process.proxy.blackhole(true);
        await sleep(systemClock, random.next() * 2.5 * SESSION_MS);
        process.proxy.blackhole(false);
      },
      deafen: async ({ process }) => {
        process.proxy.blackhole(true, "to_client");
        await sleep(systemClock, random.next() * 2.5 * SESSION_MS);
        process.proxy.blackhole(false, "to_client");
      },
      kill: async (victim) => {
        const { process } = victim;
        process.die();
        victim.process = await start(victim.name);
        victim.term = null;
        serving.push(serve(victim));
        await process.close();
      },
      resign: async ({ term }) => {
        await term?.resign("for the test").catch(passLoss);
      },
    };
    let terms = 0;
    const isEnough = () => terms >= ENOUGH.terms && tally.refused >= ENOUGH.refused;
    const began = systemClock.monotonic();
    const lasted = () => systemClock.monotonic() - began;
    while (lasted() < (isEnough() ? TROUBLE_MS : LONGEST_MS)) {
      const leads = contenders.find(({ term }) => term?.end === null);
      const anyone = contenders[Math.floor(random.next() * contenders.length)];
      const victim = random.next() < 0.7 ? leads ?? anyone : anyone;
      const all = Object.values(troubles);
      const trouble = all[Math.floor(random.next() * all.length)];
      if (victim !== undefined) await trouble?.(victim);
      await sleep(systemClock, random.next() * PAUSE_MS);
    }
    stop.abort();
    for (const { term } of contenders) await term?.resign().catch(passLoss);
    await candidates.closeAll();
    await Promise.all(serving);

    const { epochs, writes, strays } = reignsIn(await team.journal.read());
    const sum = `seed ${seed}: ${epochs.length} terms, ${tally.done} writes, ` +
      `${tally.refused} refused, ${tally.unknown} unknown`;
    console.log(sum);
    expect(strays, sum).toEqual([]);
    expect(epochs, sum).toEqual(upTo(epochs.length));
    expect(epochs.length, sum).toBeGreaterThanOrEqual(ENOUGH.terms);
    expect(tally.refused, sum).toBeGreaterThanOrEqual(ENOUGH.refused);
    expect(writes).toBeGreaterThanOrEqual(tally.done);
    expect((await team.context.get("counter"))?.version).toBe(writes);
  }, 180_000);
});

function passLoss(error: unknown): void {
  if (!isLoss(error)) throw error;
}
