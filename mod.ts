/**
 * The library: a team below one ZooKeeper path, as the commands of `claude-orchestrator` use it.
 *
 * ```ts
 * import { connect, nodeEnvironment, openTeam, systemClock, systemRandom } from "claude-orchestrator";
 *
 * const zk = await connect({ hosts: "127.0.0.1:2181" }, nodeEnvironment);
 * const team = openTeam({
 *   zk,
 *   root: "/claude-orchestrator",
 *   clock: systemClock,
 *   random: systemRandom,
 * });
 * console.log(await team.members.list());
 * await zk.close();
 * ```
 *
 * @module
 */
export { connect } from "./src/zookeeper/client.ts";
export { digestId } from "./src/zookeeper/digest.ts";
export { isZooKeeperError, MultiError, ZooKeeperError } from "./src/zookeeper/errors.ts";
export type { Outcome, ZooKeeperErrorCode } from "./src/zookeeper/errors.ts";
export type {
  Connection,
  ConnectionHandlers,
  Endpoint,
  Environment,
  TlsOptions,
} from "./src/zookeeper/environment.ts";
export type * from "./src/zookeeper/zookeeper.ts";
export { nodeEnvironment } from "./src/platform/node/environment.ts";
export { systemClock } from "./src/platform/node/system_clock.ts";
export { systemRandom } from "./src/platform/node/system_random.ts";
export type { Clock, Timer } from "./src/platform/clock.ts";
export type { Random } from "./src/platform/random.ts";

export { openTeam } from "./src/coordination/team.ts";
export type { Team, TeamOptions, TeamStatus } from "./src/coordination/team.ts";
export type { CorruptNode } from "./src/coordination/commit_once.ts";
export type { Fence } from "./src/coordination/fence.ts";
export type { Corrupt } from "./src/coordination/tree.ts";
export type { ContextStore, SetOptions } from "./src/coordination/context_store.ts";
export type {
  Begun,
  Finishing,
  Inbox,
  MessageFilter,
  MessageRun,
  NewMessage,
  Polled,
  PollOptions,
  SentMessage,
} from "./src/coordination/inbox.ts";
export type { SweepOptions, Swept } from "./src/coordination/retention.ts";
export type { Journal, JournalQuery } from "./src/coordination/journal.ts";
export type {
  Attachment,
  AttachOptions,
  DecideHeartbeat,
  Heartbeat,
  IsAlive,
  KnownMember,
  ListedMember,
  Liveness,
  MemberChange,
  MemberProfile,
  MemberUpdate,
  Registry,
} from "./src/coordination/registry.ts";
export type {
  Claimer,
  ClaimOptions,
  ClaimStatistics,
  Holder,
  TaskFilter,
  TaskList,
  TaskQueue,
} from "./src/coordination/task_queue.ts";
export type { BillWriter, TokenHolder } from "./src/coordination/tasks/bill_writer.ts";

export type {
  Carrying,
  ChainFilter,
  ChainStore,
  LinkReport,
  NewAnswer,
} from "./src/coordination/chains/chain_store.ts";
export type { FirstLink, FirstTerms } from "./src/coordination/chains/push_chain.ts";
export type {
  NewRequirement,
  RequirementFilter,
  RequirementStore,
} from "./src/coordination/chains/requirement_store.ts";

export { Chain, ChainStatus } from "./src/domain/chain.ts";
export { Decision, DecisionRecord } from "./src/domain/decision.ts";
export { Decomposition } from "./src/domain/decomposition.ts";
export type { QuestionCost } from "./src/domain/question_bill.ts";
export { Requirement, RequirementStatus } from "./src/domain/requirement.ts";
export { rule } from "./src/domain/ruling.ts";
export type { Course, Facts, Judged, Ruling } from "./src/domain/ruling.ts";
export type { Terms } from "./src/domain/judging.ts";
export type { Verdict } from "./src/domain/report.ts";
export { Spent } from "./src/domain/spent.ts";
export { ContextEntry } from "./src/domain/context.ts";
export { ERROR_KINDS, kindOf, OrchestratorError } from "./src/domain/errors.ts";
export type { ErrorCode, ErrorDetails, ErrorKind } from "./src/domain/errors.ts";
export { EventType, JournalEvent, NewEvent } from "./src/domain/event.ts";
export {
  ChainId,
  FencingToken,
  InstanceId,
  MessageId,
  ReportId,
  RequirementId,
  TaskId,
} from "./src/domain/ids.ts";
export { LeaderRecord } from "./src/domain/leader.ts";
export { Member, MemberStatus, NOBODY } from "./src/domain/member.ts";
export type { Actor } from "./src/domain/member.ts";
export { DeadLetter, DeadReason, Message, MessageType } from "./src/domain/message.ts";
export { FleetPause } from "./src/domain/pause.ts";
export { Link, NewTask, Priority, Role, Task, TaskStatus } from "./src/domain/task.ts";
export type { Completion } from "./src/domain/transitions.ts";
