import type { Team } from "../../src/coordination/team.ts";
import { sleep } from "../../src/platform/clock.ts";
import type { Random } from "../../src/platform/random.ts";
import { SeededRandom } from "../../src/platform/simulated/seeded_random.ts";
import { problemsIn } from "./guarantees.ts";
import { Onlooker } from "./onlooker.ts";
import { SupervisedMember } from "./supervised_member.ts";
import { Person } from "./person.ts";
import { makeTrouble } from "./troubles.ts";
import { World } from "./world.ts";

/** ms of virtual time, after the end of all trouble, in which everything must be over. */
const BOUND_MS = 3 * 3_600_000;
/** ms for which the team is left alone before it is looked at: late steps of others come to their end. */
const REST_MS = 60_000;
/** ms that pass between two looks whether the run is over. */
const STEP_MS = 1_000;

/** Lines that tell of what must never happen, whatever else does. */
const DEFECT = /DEFECT|\b(Type|Range|Reference|Syntax)Error\b/;

/** What a run came to. */
export interface Outcome {
  readonly seed: number;
  /** What is wrong: nothing, where all guarantees held. */
  readonly problems: readonly string[];
  /** Lines for people. */
  readonly trace: readonly string[];
  /** Of the lines, and of every byte that was sent. */
  readonly digest: string;
  /** ms of virtual time. */
  readonly virtualMs: number;
  readonly events: number;
  readonly runs: number;
}

/** A whole team and its troubles, from one seed, to the end; the same seed always leads to the same. */
export async function simulate(seed: number): Promise<Outcome> {
  const dice = new SeededRandom(seed);
  const { world, members, asking, onlooker, trouble, asked } = setUp(seed, dice);
  world.coordinator.start();
  for (const member of members) {
    world.time.timer(dice.next() * 10_000, () => member.start());
  }
  let found: { problems: string[]; events: number } | null = null;
  const look = async () => {
    const [team] = await Promise.all([asked(), trouble()]);
    await sleep(world.time, REST_MS);
    found = await problemsIn(team, onlooker, world);
  };
  let failure: unknown = null;
  Promise.race([look(), onlooker.watch()]).catch((error: unknown) =>
    failure = error instanceof Error ? error.stack : "nothing"
  );
  let endsAt = Infinity;
  while (found === null && failure === null && world.time.monotonic() < endsAt) {
    await world.time.advance(STEP_MS);
    if (!world.isTroubled) endsAt = Math.min(endsAt, world.time.monotonic() + BOUND_MS);
  }
  const { problems, events }: { problems: string[]; events: number } = found ?? {
    problems: [
      failure === null
        ? `It is not over in time: ${asking.waitsFor.join(", ")}`
        : `It cannot be looked at: ${failure}`,
    ],
    events: 0,
  };
  const defects = world.trace.lines.filter((line) => DEFECT.test(line));
  return {
    seed,
    problems: [...problems, ...defects],
    trace: world.trace.lines,
    digest: world.trace.digest(),
    virtualMs: world.time.monotonic(),
    events,
    runs: world.agents.runs.length,
  };
}

interface Setting {
  readonly world: World;
  readonly members: readonly SupervisedMember[];
  readonly asking: Person;
  readonly onlooker: Onlooker;
  readonly trouble: () => Promise<void>;
  readonly asked: () => Promise<Team>;
}

const ROLES = ["builder", "verifier", "reviewer", "accepter", "planner", "general", "general"];

function setUp(seed: number, dice: Random): Setting {
  const oneOf = <T>(first: T, ...others: readonly T[]): T =>
    others[Math.floor(dice.next() * (others.length + 1)) - 1] ?? first;
  const world = new World(seed, oneOf(0.2, 1, 5, 25));
  const hosts = ["alpha", "beta", "gamma"];
  const budgetUsd = dice.next() < 0.15 ? Math.round(20 + dice.next() * 100) / 100 : null;
  const member = (name: string, role: string, standby: boolean) => {
    const plan = { name, role, standby, budgetUsd, capacity: oneOf(1, 1, 2, 3) };
    return new SupervisedMember(world, world.random(), plan, oneOf("alpha", "beta", "gamma"));
  };
  const workers = Array.from(
    { length: oneOf(3, 4, 5, 6) },
    (_, index) => member(`w${index + 1}`, oneOf("general", ...ROLES), false),
  );
  const leaders = [member("boss", "leader", oneOf(true, false)), member("deputy", "leader", true)];
  const forMs = oneOf(60_000, 120_000, 240_000, 400_000);
  const everyMs = oneOf(1_500, 3_000, 6_000, 15_000);
  const members = [...leaders, ...workers];
  const troubling = world.random();
  const person = world.spawn("somebody", "desk");
  const asking = new Person(world.groundOf(person, world.random()), world.random());
  const screen = world.spawn("onlooker", "desk");
  const onlooker = new Onlooker(world.groundOf(screen, world.random()));
  const bystanders = [screen];
  const wanted = {
    requirements: oneOf(1, 2, 3, 4),
    tasks: oneOf(0, 0, 2, 5),
    chainUsd: dice.next() < 0.15 ? Math.round(5 + dice.next() * 20) / 100 : null,
    withinMs: forMs / 2,
  };
  return {
    world,
    members,
    asking,
    onlooker,
    trouble: () =>
      makeTrouble({ world, members, bystanders, hosts, random: troubling, forMs, everyMs }),
    asked: () => asking.askAndWait(wanted),
  };
}
