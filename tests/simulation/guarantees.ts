import { auditChains } from "../../src/coordination/chains/audit.ts";
import { Ledger } from "../../src/coordination/ledger.ts";
import { auditTasks } from "../../src/coordination/tasks/audit.ts";
import { type Problem, TaskStore } from "../../src/coordination/tasks/store.ts";
import type { Team } from "../../src/coordination/team.ts";
import { isClosed } from "../../src/domain/chain.ts";
import { isSettled } from "../../src/domain/requirement.ts";
import { HELD } from "../../src/domain/task.ts";
import { chainProblems, leadershipProblems, orderProblems } from "./journal_guarantees.ts";
import type { Onlooker } from "./onlooker.ts";
import { runProblems } from "./run_guarantees.ts";
import { lifeProblems } from "./task_guarantees.ts";
import type { World } from "./world.ts";

/** What is wrong with a team at the end of a run; nothing, where everything that is promised was kept. */
export async function problemsIn(
  team: Team,
  onlooker: Onlooker,
  world: World,
): Promise<{ problems: string[]; events: number }> {
  const audited = await audits(team, world);
  const events = await team.journal.read();
  const { tasks } = await team.tasks.list();
  const chains = await team.chains.list();
  const requirements = await team.requirements.list();
  const decisions = (await Promise.all(chains.map(({ id }) => team.chains.decisions(id)))).flat();
  const total = await team.spent.read();
  const { runs } = world.agents;
  for (const { id, status, reason } of [...requirements, ...chains]) {
    world.trace.tell("somebody", `${id} is ${status}${reason === null ? "" : `: ${reason}`}`);
  }
  const problems = [
    ...audited.map(({ path, problem }) => `audit: ${path}: ${problem}`),
    ...requirements.filter((one) => !isSettled(one)).map(({ id }) => `${id} is not settled`),
    ...chains.filter((one) => !isClosed(one)).map(({ id }) => `${id} is not closed`),
    ...tasks.filter(({ status }) => HELD.includes(status)).map(({ id }) => `${id} is still held`),
    ...orderProblems(events),
    ...leadershipProblems(events),
    ...lifeProblems(events, tasks),
    ...chainProblems({ events, tasks, chains, requirements, decisions }),
    ...runProblems({ runs, events, tasks, chains, requirements, total }),
    ...await onlooker.problems(events.map(({ id }) => id)),
  ];
  return { problems, events: events.length };
}

/**
 * What `TaskQueue.audit` finds. That loads the auditors when it is asked, which takes the time of the real
 * machine: here they are at hand.
 */
async function audits({ tree }: Team, world: World): Promise<Problem[]> {
  const store = new TaskStore({
    tree,
    ledger: new Ledger(tree),
    clock: world.time,
    random: world.random(),
    onProblem: () => {},
  });
  const [tasks, chains] = [await auditTasks(store), await auditChains(store)];
  return [...tasks.findings, ...tasks.corrupt, ...chains.findings, ...chains.corrupt];
}
