import type { Chain } from "../../src/domain/chain.ts";
import type { DecisionRecord } from "../../src/domain/decision.ts";
import type { JournalEvent } from "../../src/domain/event.ts";
import type { Requirement } from "../../src/domain/requirement.ts";
import type { Task } from "../../src/domain/task.ts";

/** What is wrong with the order of a journal: gaps, doubles, times that go back. */
export function orderProblems(events: readonly JournalEvent[]): string[] {
  let [bucket, number, time] = [0, -1, ""];
  return events.flatMap((event) => {
    const [b, n] = event.id.split("-").map(Number);
    const isNext = b === bucket && n === number + 1 || b === bucket + 1 && n === 0;
    const problem = isNext ? event.time < time ? `is older than the one before` : null : "a gap";
    [bucket, number, time] = [b ?? 0, n ?? 0, event.time];
    return problem === null ? [] : [`${event.id}: ${problem}`];
  });
}

/** Events that only a Leader's work tells of. */
const OF_THE_LEADER: readonly string[] = [
  "requirement_planned",
  "chain_opened",
  "chain_round",
  "chain_waiting",
  "chain_completed",
  "chain_failed",
  "decision_stored",
  "answer_refused",
  "task_passed",
  "task_activated",
  "task_reopened",
  "task_refused",
  "task_reassigned",
];

/** What is wrong with who led: epochs that do not count up, and work of one who did not lead. */
export function leadershipProblems(events: readonly JournalEvent[]): string[] {
  let [epoch, leader] = [0, ""];
  return events.flatMap((event) => {
    if (event.type === "leader_elected") {
      const before = epoch;
      epoch = Number(event.data?.["epoch"]);
      leader = event.by;
      return epoch === before + 1 ? [] : [`${event.id}: epoch ${epoch} comes after ${before}`];
    }
    const isStrange = OF_THE_LEADER.includes(event.type) && event.by !== leader;
    return isStrange ? [`${event.id}: ${event.type} by ${event.by}, while ${leader} led`] : [];
  });
}

/** All that is known of the team's chains. */
interface Known {
  readonly events: readonly JournalEvent[];
  readonly tasks: readonly Task[];
  readonly chains: readonly Chain[];
  readonly requirements: readonly Requirement[];
  readonly decisions: readonly DecisionRecord[];
}

/** What is wrong with how chains were judged: each report once, each link once a round, one end each. */
export function chainProblems(known: Known): string[] {
  const { events, chains, requirements } = known;
  const count = (is: (event: JournalEvent) => boolean) => events.filter(is).length;
  const ends = /_(completed|failed|cancelled)$/;
  return [
    ...decisionProblems(known),
    ...chains.flatMap((chain) => {
      const rounds = count((one) => one.type === "chain_round" && one.chain_id === chain.id);
      const sendings = count(({ type, chain_id, data }) =>
        type === "decision_stored" && chain_id === chain.id && data?.["decision"] !== "pass"
      );
      const over = count(({ type, chain_id }) =>
        chain_id === chain.id && type.startsWith("chain_") && ends.test(type)
      );
      return [
        ...rounds === chain.rounds.length && rounds <= chain.max_rounds
          ? []
          : [`${chain.id}: ${rounds} rounds told, ${chain.rounds.length} kept`],
        ...rounds <= sendings ? [] : [`${chain.id}: ${rounds} rounds of ${sendings} decisions`],
        ...over === 1 ? [] : [`${chain.id} ended ${over} times`],
        ...chain.status === "completed" ? linkProblems(chain, known) : [],
      ];
    }),
    ...requirements.flatMap((requirement) => {
      const over = count(({ type, requirement_id }) =>
        requirement_id === requirement.id && type.startsWith("requirement_") && ends.test(type)
      );
      const own = chains.filter(({ requirement_id }) => requirement_id === requirement.id);
      const isGood = own.length > 0 && own.every(({ status }) => status === "completed");
      return [
        ...over === 1 ? [] : [`${requirement.id} ended ${over} times`],
        ...isGood === (requirement.status === "completed")
          ? []
          : [`${requirement.id} is ${requirement.status}, its chains say otherwise`],
      ];
    }),
  ];
}

/** Of a chain that was accepted: each link was completed and passed in the last round it was done in. */
function linkProblems(chain: Chain, { events, tasks }: Known): string[] {
  return chain.links.flatMap(({ task_id, link }) => {
    const own = events.filter((event) => event.task_id === task_id);
    const times = (type: string) => own.filter((event) => event.type === type).length;
    const undone = own.filter(({ type, from }) => type === "task_reopened" && from === "completed");
    const wanted = undone.length + 1;
    const completed = times("task_completed");
    const last = own.findLast(({ type }) => type === "task_passed" || type === "task_reopened");
    const task = tasks.find(({ id }) => id === task_id);
    return [
      ...completed === wanted ? [] : [`${task_id} (${link}) was completed ${completed} times`],
      ...last?.type === "task_passed" ? [] : [`${task_id} (${link}) was not passed at last`],
      ...task?.status === "completed" ? [] : [`${task_id} (${link}) is ${task?.status}`],
    ];
  });
}

/** One answer a report, by the Leader of that time, and one carrying out. */
function decisionProblems({ events, decisions, chains }: Known): string[] {
  const seen = new Set<unknown>();
  let epoch = 0;
  const told = events.flatMap((event) => {
    if (event.type === "leader_elected") epoch = Number(event.data?.["epoch"]);
    if (event.type !== "decision_stored") return [];
    const report = event.data?.["report_id"];
    const isSecond = seen.has(report);
    seen.add(report);
    const record = decisions.find(({ report_id }) => report_id === report);
    return [
      ...isSecond ? [`${report} was decided again`] : [],
      ...record?.epoch === epoch
        ? []
        : [`${report} was decided in epoch ${epoch}, by ${record?.epoch}`],
    ];
  });
  const kept = decisions.flatMap(({ report_id, chain_id, status }) => {
    const isOpen = chains.some(({ id, closed_at }) => id === chain_id && closed_at === null);
    return [
      ...seen.has(report_id) ? [] : [`${report_id}: nobody was told of its decision`],
      ...isOpen && status !== "done" ? [`${report_id}: nothing came of its decision`] : [],
    ];
  });
  return [...told, ...kept];
}
