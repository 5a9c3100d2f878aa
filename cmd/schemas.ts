import * as z from "zod";
import { JournalEvent } from "../src/domain/event.ts";
import { Chain } from "../src/domain/chain.ts";
import { ContextEntry } from "../src/domain/context.ts";
import { DecisionRecord } from "../src/domain/decision.ts";
import { InstanceId, MessageId, TaskId } from "../src/domain/ids.ts";
import { LeaderRecord } from "../src/domain/leader.ts";
import { Member } from "../src/domain/member.ts";
import { Message } from "../src/domain/message.ts";
import { Requirement, RequirementStatus } from "../src/domain/requirement.ts";
import { Spent } from "../src/domain/spent.ts";
import { Claim, Task, TaskStatus, Timestamp, Transition } from "../src/domain/task.ts";
import { DeliveryRecord } from "./run/run_record.ts";

// What the commands print. Loaded by `schema <command>`, the documentation and the tests, never by
// a command that only does its work.

const v = z.literal(1);

export const TaskOutput = Task.omit({ nonce: true, claim: true, history: true }).extend({
  claim: Claim.omit({ nonce: true }).nullable(),
});
export const TaskList = z.array(TaskOutput);

/** `push-task` prints one task, and with `--file` a list. */
export const PushOutput = z.union([TaskOutput, TaskList]);

export const HistoryOutput = z.object({
  v,
  task_id: TaskId,
  status: TaskStatus,
  transitions: z.array(Transition.omit({ nonce: true })),
  /** Earlier transitions that are in the journal only. */
  dropped: z.int().nonnegative(),
});

export const ChainOutput = Chain.omit({ nonce: true });
export const ChainList = z.array(ChainOutput);

const chainLink = Task.pick({
  link: true,
  title: true,
  role: true,
  assigned_to_name: true,
  claimed_by: true,
  completed_by_name: true,
  status: true,
  judgement: true,
  reports: true,
  retry_count: true,
  waiting_on: true,
  guidance: true,
  spent: true,
}).extend({ task_id: TaskId });
const withLinks = { tasks: z.array(chainLink), spent_total: Spent };
export const ChainShowOutput = ChainOutput.extend({
  ...withLinks,
  decisions: z.array(DecisionRecord.omit({ nonce: true })),
});

export const RequirementOutput = Requirement.omit({ nonce: true });
const requirementRow = RequirementOutput.omit({ plan: true });
export const RequirementList = z.array(requirementRow);

/** What `submit --wait` prints once the requirement is over. */
const outcome = z.object({
  v,
  type: z.literal("requirement_outcome"),
  time: Timestamp,
  outcome: RequirementStatus,
  reason: z.string().nullable(),
  requirement: requirementRow,
  chains: z.array(ChainOutput.extend(withLinks)),
  /** Times that a chain of it was sent back. */
  rounds: z.int().nonnegative(),
  tasks: z.int().nonnegative(),
  spent_total: Spent,
});
export const SubmitOutput = z.union([RequirementOutput, outcome]);
/** `submit --wait --output jsonl`: the events, and at the end the outcome. */
export const SubmitEventOutput = z.union([JournalEvent, outcome]);

/** What `run` came to: the outcome of its requirement, and where the work of each chain is. */
export const RunOutput = outcome.extend({
  type: z.literal("run_outcome"),
  deliveries: z.array(DeliveryRecord),
});

export const MemberOutput = Member.omit({ nonce: true }).extend({
  /** `expired`: a leased member whose lease has passed. */
  liveness: z.enum(["online", "expired"]),
});
export const MemberList = z.array(MemberOutput);

const count = z.int().nonnegative();
/** `register`, and with `--work-dir` what the Worker has done when it leaves. */
export const RegisterOutput = z.union([
  MemberOutput,
  z.object({
    v,
    instance_id: InstanceId,
    completed: count,
    failed: count,
    blocked: count,
    released: count,
    messages: count,
    cost_usd: z.number().nonnegative(),
  }),
]);

export const MessageOutput = Message.omit({ nonce: true, finished_by: true });
export const MessageList = z.array(MessageOutput);

export const SentOutput = z.object({
  v,
  message_id: MessageId.nullable(),
  sent_to: z.array(InstanceId),
  message_count: z.int().nonnegative(),
});

export const MessageStatusOutput = z.object({
  v,
  status: z.enum(["dismissed", "read"]),
  message_id: MessageId,
});

export const ContextOutput = ContextEntry.omit({ nonce: true });
export const ContextDeletedOutput = z.object({ v, key: z.string(), status: z.literal("deleted") });
export const ContextKeysOutput = z.object({ v, keys: z.array(z.string()), count: z.int() });

/** Every line of every stream has these. */
const line = { v, time: Timestamp };
export const EventOutput = JournalEvent;
export const ContextEventOutput = z.discriminatedUnion("type", [
  z.object({ ...line, type: z.literal("context_set"), key: z.string(), entry: ContextOutput }),
  z.object({ ...line, type: z.literal("context_deleted"), key: z.string() }),
]);
export const MemberEventOutput = z.object({
  ...line,
  type: z.enum(["member_joined", "member_changed", "member_left"]),
  member: MemberOutput,
});

export const HeartbeatOutput = z.object({
  v,
  status: z.literal("ok"),
  instance_id: InstanceId,
  member: MemberOutput,
  task: TaskOutput.nullable(),
});
export const UnregisterOutput = z.object({
  v,
  status: z.literal("unregistered"),
  instance_id: InstanceId,
  released: z.array(TaskId),
});

export const StatusOutput = z.object({
  v,
  status: z.enum(["healthy", "no_leader", "unreachable"]),
  zookeeper: z.object({
    hosts: z.string(),
    root: z.string(),
    reachable: z.boolean(),
    server: z.string().nullable(),
    version: z.string().nullable(),
    latency_ms: z.number().nullable(),
    open: z.boolean().nullable(),
  }),
  leader: LeaderRecord.nullable(),
  epoch: z.int().nonnegative().nullable(),
  instances_online: z.int().nullable(),
  members: z.object({ online: z.int(), busy: z.int(), expired: z.int() }).nullable(),
  tasks: z.record(TaskStatus, z.int()).nullable(),
  /** Those that are not over yet. */
  open_chains: z.int().nullable(),
  open_requirements: z.int().nullable(),
  paused_until: Timestamp.nullable(),
  retained: z.object({ finished_tasks: z.int(), read_messages: z.int() }).nullable(),
});

export const TaskEventOutput = z.object({
  ...line,
  type: z.string(),
  id: z.string(),
  by: z.string(),
  task: TaskOutput,
});

/** Every failure, as one line on stderr. */
export const ErrorOutput = z.object({
  error: z.looseObject({ code: z.string(), message: z.string(), hint: z.string().optional() }),
});

const path = z.string();
export const SetupOutput = z.object({
  v,
  status: z.literal("configured"),
  global: z.boolean(),
  config: z.object({ path, set: z.array(z.string()) }),
  written: z.array(path),
  kept: z.array(path),
  skipped: z.array(path),
  warnings: z.array(z.string()),
});

const configValue = z.object({
  value: z.union([z.string(), z.number()]).nullable(),
  source: z.enum(["flag", "environment", "project", "global", "default"]),
  from: z.string().nullable(),
});
const configFile = z.object({ path, exists: z.boolean() });

/** `config`, `config get`, `config path`, and `config set` or `unset`. */
export const ConfigOutput = z.union([
  z.object({
    v,
    values: z.record(z.string(), configValue),
    instances: z.record(z.string(), z.string()),
    files: z.object({ project: configFile, global: configFile }),
    warnings: z.array(z.string()),
  }),
  configValue.extend({ v, key: z.string() }),
  z.object({ v, project: path, global: path }),
  z.object({ v, status: z.enum(["set", "unset"]), key: z.string(), path }),
]);

const serving = {
  v,
  pid: z.int(),
  address: z.string(),
  port: z.int(),
  started_at: Timestamp,
  idle_timeout_ms: z.int().nullable(),
  version: z.string(),
  data_dir: path,
};

/** `coordinator start`, `status`, `stop`, `repair` and `import`; `export` prints a stream. */
export const CoordinatorOutput = z.discriminatedUnion("status", [
  z.object({ ...serving, status: z.enum(["started", "already_running"]) }),
  z.object({
    v,
    status: z.enum(["serving", "refuses_writes", "silent", "busy", "not_running"]),
    running: z.boolean(),
    pid: z.int().nullable(),
    address: z.string().nullable(),
    started: z.enum(["explicit", "automatic"]).nullable(),
    started_at: Timestamp.nullable(),
    idle_timeout_ms: z.int().nullable(),
    version: z.string().nullable(),
    data_dir: path,
    connections: z.int().nullable(),
    sessions: z.int().nullable(),
    nodes: z.int().nullable(),
    watches: z.int().nullable(),
    data_bytes: z.int().nullable(),
    log_bytes: z.int().nullable(),
    uptime_ms: z.int().nullable(),
    writes_refused: z.boolean().nullable(),
  }),
  z.object({ v, status: z.literal("stopped"), pid: z.int().nullable(), data_dir: path }),
  z.object({
    v,
    status: z.enum(["whole", "repaired"]),
    data_dir: path,
    damage: z.object({ file: path, offset: z.int(), message: z.string() }).nullable(),
    copies: path.nullable(),
    bytes_lost: z.int(),
  }),
  z.object({
    v,
    status: z.literal("imported"),
    root: z.string(),
    nodes: z.int(),
    operations: z.int(),
    removed: z.int(),
    left_out: z.int(),
  }),
]);

export const DoctorOutput = z.object({
  v,
  healthy: z.boolean(),
  checks: z.array(z.object({
    check: z.string(),
    status: z.enum(["ok", "warn", "fail"]),
    message: z.string(),
    remedy: z.string().nullable(),
  })),
});
