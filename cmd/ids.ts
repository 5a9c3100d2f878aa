import { OrchestratorError } from "../src/domain/errors.ts";
import type { ChainId, InstanceId, MessageId, RequirementId, TaskId } from "../src/domain/ids.ts";
import { INSTANCE_ID } from "../src/domain/patterns.ts";
import { quote } from "./cli/parse.ts";

const SERIAL = {
  task: /^task-\d{10}$/,
  msg: /^msg-\d{10}$/,
  chain: /^chain-\d{10}$/,
  req: /^req-\d{10}$/,
} as const;
type Serial = { task: TaskId; msg: MessageId; chain: ChainId; req: RequirementId };

function serial<K extends keyof Serial>(kind: K, text: string): Serial[K] {
  if (SERIAL[kind].test(text)) return text as Serial[K];
  throw new OrchestratorError(
    "INVALID_INPUT",
    `${quote(text)} is no ${NAMES[kind]} id: it must be ${kind}- and ten digits`,
    { details: { value: text } },
  );
}

const NAMES = { task: "task", msg: "message", chain: "chain", req: "requirement" } as const;

/** The text as an id of a task. Throws INVALID_INPUT. */
export function taskId(text: string): TaskId {
  return serial("task", text);
}

/** The text as an id of a message. Throws INVALID_INPUT. */
export function messageId(text: string): MessageId {
  return serial("msg", text);
}

/** The text as an id of a chain. Throws INVALID_INPUT. */
export function chainId(text: string): ChainId {
  return serial("chain", text);
}

/** The text as an id of a requirement. Throws INVALID_INPUT. */
export function requirementId(text: string): RequirementId {
  return serial("req", text);
}

/** The text as an id of a member. Throws INVALID_INPUT. */
export function instanceId(text: string): InstanceId {
  if (INSTANCE_ID.regex.test(text)) return text as InstanceId;
  throw new OrchestratorError(
    "INVALID_INPUT",
    `${quote(text)} is no id: it ${INSTANCE_ID.problem}`,
  );
}
