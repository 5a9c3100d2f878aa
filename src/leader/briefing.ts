import type { Chain } from "../domain/chain.ts";
import type { Task, TaskStatus } from "../domain/task.ts";
import type { TemplateValues } from "../domain/template.ts";
import { truncateUtf8 } from "../domain/text.ts";
import type { LeaderContext } from "./context.ts";

/** Bytes of a report that are told; of a longer one, its beginning and its end, where the fields are. */
const MAX_HEAD_BYTES = 16 * 1024;
const MAX_TAIL_CHARACTERS = 32 * 1024;
/** Members and chains that are told. */
const MAX_ROWS = 50;
/** Bytes of what an earlier link said. */
const MAX_SUMMARY_BYTES = 2 * 1024;

/** What the Leader's agent is told of the team, whatever it is asked. */
export async function aboutTeam(context: LeaderContext): Promise<TemplateValues> {
  const { roster, team, actor, settings, clock } = context;
  const members = roster.workers().slice(0, MAX_ROWS).map(({ id, name, role, status }) => ({
    id,
    name,
    role,
    status,
  }));
  const counts: Record<TaskStatus, number> = await team.tasks.counts();
  return {
    name: actor.name,
    leader_name: actor.name,
    role: "leader",
    preset_role: "leader",
    work_dir: settings.workDir,
    time: new Date(clock.now()).toISOString(),
    team_status: JSON.stringify(members),
    task_queues: JSON.stringify(counts),
  };
}

/** What it is told of one report. */
export function aboutReport(task: Task): TemplateValues {
  return {
    from_name: task.completed_by_name ?? task.history.at(-1)?.by_name ?? "",
    task_id: task.id,
    task_title: task.title,
    task_description: task.description,
    task_criteria: task.criteria ?? "",
    link: task.link ?? "",
    chain_id: task.chain_id ?? "",
    content: reportText(task),
    result_path: task.evidence["result_path"] ?? "",
  };
}

function reportText(task: Task): string {
  const facts = { ...task.evidence };
  const evidence = Object.keys(facts).length === 0
    ? ""
    : `\n\nFacts that the program recorded:\n${JSON.stringify(facts, null, 2)}`;
  const why = task.fail_reason ?? task.blocked_reason;
  const reason = why === null ? "" : `\n\nReason: ${why}`;
  return `State: ${task.status}${reason}\n\n${excerpt(task.result ?? "")}${evidence}`;
}

function excerpt(text: string): string {
  const head = truncateUtf8(text, MAX_HEAD_BYTES);
  if (head === text) return text;
  return `${head}\n[…]\n${text.slice(-MAX_TAIL_CHARACTERS)}`;
}

/** What it is told of the chain that a report belongs to. */
export function aboutChain(chain: Chain, tasks: readonly Task[]): string {
  return JSON.stringify({
    id: chain.id,
    title: chain.title,
    round: chain.round,
    sent_back: chain.rounds.length,
    may_be_sent_back: chain.max_rounds,
    rounds: chain.rounds.map(({ round, link, decision, redo, reason }) => ({
      round,
      link,
      decision,
      redo,
      reason,
    })),
    links: tasks.map((task) => ({
      link: task.link,
      task_id: task.id,
      title: task.title,
      status: task.judgement === "passed" ? "passed" : task.status,
      by: task.completed_by_name,
      verdict: task.evidence["verdict"] ?? null,
      end_of_report: truncateUtf8((task.result ?? "").slice(-MAX_SUMMARY_BYTES), MAX_SUMMARY_BYTES),
    })),
  });
}
