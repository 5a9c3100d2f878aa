import * as z from "zod";
import type { Usage } from "./usage.ts";

/**
 * What Claude Code prints with `--output-format stream-json`: one JSON object a line. Versions add
 * types and fields freely, so each line is checked only for what is used here, and a line that is not
 * understood is an event of type `other`, never an error. Shapes measured on 2.1.197 and 2.1.330.
 */
export type AgentEvent =
  | { readonly type: "started"; readonly sessionId: string; readonly model: string }
  | { readonly type: "text"; readonly text: string }
  /** What a message has used; see `UsageMeter` for what it says and what not. */
  | {
    readonly type: "usage";
    readonly messageId: string;
    readonly usage: Usage;
    /** Length of what this event holds of the message. */
    readonly characters: number;
  }
  | {
    readonly type: "tool_use";
    readonly id: string;
    readonly name: string;
    readonly input: Readonly<Record<string, unknown>>;
  }
  | {
    readonly type: "tool_result";
    readonly id: string;
    readonly isError: boolean;
    readonly text: string;
  }
  /** A message that Claude Code made up itself to tell of a failed request. */
  | {
    readonly type: "api_error";
    readonly error: string;
    readonly status: number | null;
    readonly text: string;
  }
  | {
    readonly type: "retry";
    readonly attempt: number;
    readonly maxRetries: number;
    readonly delayMs: number;
    readonly status: number | null;
  }
  | { readonly type: "denied"; readonly tool: string; readonly message: string }
  /** `resetsAt` in ms since 1970. */
  | { readonly type: "rate_limit"; readonly status: string; readonly resetsAt: number | null }
  | { readonly type: "result"; readonly result: ResultEvent }
  /** A line that is not JSON: the version banner, a warning. */
  | { readonly type: "line"; readonly text: string }
  | { readonly type: "oversized"; readonly bytes: number }
  | { readonly type: "other"; readonly name: string };

const Denial = z.looseObject({
  tool_name: z.string(),
  tool_input: z.record(z.string(), z.unknown()).catch({}),
});

const Counts = z.looseObject({
  input_tokens: z.number().catch(0),
  output_tokens: z.number().catch(0),
  cache_creation_input_tokens: z.number().catch(0),
  cache_read_input_tokens: z.number().catch(0),
}).nullish().catch(null);

/** The last event of a run. `total_cost_usd` is in USD, cumulative over a resumed session. */
export const ResultEvent = z.looseObject({
  subtype: z.string().catch(""),
  is_error: z.boolean().catch(false),
  api_error_status: z.number().nullish().catch(null),
  terminal_reason: z.string().nullish().catch(null),
  result: z.string().optional().catch(undefined),
  structured_output: z.unknown().optional(),
  errors: z.array(z.string()).optional().catch(undefined),
  num_turns: z.number().catch(0),
  session_id: z.string().nullish().catch(null),
  total_cost_usd: z.number().nullish().catch(null),
  usage: Counts,
  permission_denials: z.array(Denial).catch([]),
});
export type ResultEvent = z.infer<typeof ResultEvent>;

const Block = z.looseObject({
  type: z.string(),
  text: z.string().optional().catch(undefined),
  id: z.string().optional().catch(undefined),
  name: z.string().optional().catch(undefined),
  input: z.record(z.string(), z.unknown()).optional().catch(undefined),
  tool_use_id: z.string().optional().catch(undefined),
  is_error: z.boolean().optional().catch(undefined),
  content: z.unknown().optional(),
  thinking: z.string().optional().catch(undefined),
});
type Block = z.infer<typeof Block>;
const Blocks = z.array(z.unknown()).catch([]).transform((items) =>
  items.flatMap((item): Block[] => {
    const parsed = Block.safeParse(item);
    return parsed.success ? [parsed.data] : [];
  })
);
const Message = z.looseObject({ content: Blocks, id: z.string().catch(""), usage: Counts });
const Envelope = z.looseObject({ type: z.string(), subtype: z.string().catch("") });
const Init = z.looseObject({ session_id: z.string(), model: z.string().catch("") });
const Retry = z.looseObject({
  attempt: z.number().catch(0),
  max_retries: z.number().catch(0),
  retry_delay_ms: z.number().catch(0),
  error_status: z.number().nullish().catch(null),
});
const Denied = z.looseObject({ tool_name: z.string(), message: z.string().catch("") });
const Assistant = z.looseObject({
  message: Message,
  error: z.string().nullish().catch(null),
  api_error_status: z.number().nullish().catch(null),
});
const User = z.looseObject({ message: Message });
const RateLimit = z.looseObject({
  rate_limit_info: z.looseObject({
    status: z.string(),
    /** Seconds since 1970. */
    resetsAt: z.number().nullish().catch(null),
  }),
});

/** The events of one line; a message with several blocks is several events. */
export function parseEvent(line: string): AgentEvent[] {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return line.trim() === "" ? [] : [{ type: "line", text: line }];
  }
  const envelope = Envelope.safeParse(value);
  if (!envelope.success) return [{ type: "line", text: line }];
  const { type, subtype } = envelope.data;
  const name = subtype === "" ? type : `${type}/${subtype}`;
  return readers.get(type === "system" ? name : type)?.(value) ?? [{ type: "other", name }];
}

type Reader = (value: unknown) => AgentEvent[] | undefined;

/** A reader for values of one schema; what does not fit it is not understood. */
function reader<T>(schema: z.ZodType<T>, read: (value: T) => AgentEvent[]): Reader {
  return (value) => {
    const parsed = schema.safeParse(value);
    return parsed.success ? read(parsed.data) : undefined;
  };
}

const readers: ReadonlyMap<string, Reader> = new Map(Object.entries({
  "system/init": reader(Init, (init) => [
    { type: "started", sessionId: init.session_id, model: init.model },
  ]),
  "system/api_retry": reader(Retry, (retry) => [{
    type: "retry",
    attempt: retry.attempt,
    maxRetries: retry.max_retries,
    delayMs: retry.retry_delay_ms,
    status: retry.error_status ?? null,
  }]),
  "system/permission_denied": reader(Denied, (denied) => [
    { type: "denied", tool: denied.tool_name, message: denied.message },
  ]),
  assistant: reader(Assistant, (assistant) => {
    const { content } = assistant.message;
    if (assistant.error === null || assistant.error === undefined) {
      return [...usageEvents(assistant.message), ...content.flatMap(assistantBlock)];
    }
    const text = content.map((block) => block.text ?? "").join("\n");
    const status = assistant.api_error_status ?? null;
    return [{ type: "api_error", error: assistant.error, status, text }];
  }),
  user: reader(User, (user) => user.message.content.flatMap(toolResult)),
  rate_limit_event: reader(RateLimit, ({ rate_limit_info: info }) => {
    const seconds = info.resetsAt;
    const resetsAt = seconds === null || seconds === undefined ? null : seconds * 1000;
    return [{ type: "rate_limit", status: info.status, resetsAt }];
  }),
  result: reader(ResultEvent, (result) => [{ type: "result", result }]),
}));

/** The counts of a message or of a result; null where there are none. */
export function usageOf(counts: z.output<typeof Counts>): Usage | null {
  if (counts === null || counts === undefined) return null;
  return {
    inputTokens: counts.input_tokens,
    outputTokens: counts.output_tokens,
    cacheCreationTokens: counts.cache_creation_input_tokens,
    cacheReadTokens: counts.cache_read_input_tokens,
  };
}

function usageEvents({ id, usage: counts, content }: z.output<typeof Message>): AgentEvent[] {
  const usage = usageOf(counts);
  if (usage === null) return [];
  const lengths = content.map(({ text, thinking, input }) =>
    (text ?? "").length + (thinking ?? "").length +
    (input === undefined ? 0 : JSON.stringify(input).length)
  );
  const characters = lengths.reduce((sum, length) => sum + length, 0);
  return [{ type: "usage", messageId: id, usage, characters }];
}

function assistantBlock(block: Block): AgentEvent[] {
  if (block.type === "text" && block.text !== undefined) {
    return [{ type: "text", text: block.text }];
  }
  if (block.type !== "tool_use") return [];
  return [{
    type: "tool_use",
    id: block.id ?? "",
    name: block.name ?? "",
    input: block.input ?? {},
  }];
}

function toolResult(block: Block): AgentEvent[] {
  if (block.type !== "tool_result") return [];
  return [{
    type: "tool_result",
    id: block.tool_use_id ?? "",
    isError: block.is_error ?? false,
    text: plainText(block.content),
  }];
}

function plainText(content: unknown): string {
  if (typeof content === "string") return content;
  const blocks = Blocks.parse(content);
  return blocks.map((block) => block.text ?? "").join("\n");
}
