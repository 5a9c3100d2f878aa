import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

/** A tool that the scripted model asks for. */
export interface ToolCall {
  readonly name: string;
  readonly input: Readonly<Record<string, unknown>>;
}

/** What the model does when it is its turn. */
export type Turn =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "tools"; readonly calls: readonly ToolCall[]; readonly text?: string }
  | {
    readonly type: "error";
    readonly status: number;
    readonly message?: string;
    readonly headers?: Readonly<Record<string, string>>;
  }
  /** Takes the request and never answers it. */
  | { readonly type: "hang" }
  /** Begins an answer, then says a word each `everyMs`. */
  | { readonly type: "slow"; readonly everyMs: number; readonly words: readonly string[] };

/** One request of the model, as a script sees it. */
export interface ModelRequest {
  /** Session of the client, from `metadata.user_id`; "" where there is none. */
  readonly session: string;
  /** Answers that the model has given in this conversation. */
  readonly answered: number;
  /** Whole text of the first user message of the conversation. */
  readonly prompt: string;
  /** Texts of the last message: what the tools said, or what the user said last. */
  readonly last: string;
  readonly tools: readonly string[];
  readonly body: Readonly<Record<string, unknown>>;
}

export type Script = (request: ModelRequest) => Turn | Promise<Turn>;

export interface ScriptedApi {
  /** For `ANTHROPIC_BASE_URL`. */
  readonly url: string;
  /** Each request that a script was asked about, oldest first. */
  readonly requests: readonly ModelRequest[];
  /** Sessions that asked for anything, in the order of their first request. */
  sessions(): string[];
  /** Resolves when a request matches, one already made included. */
  waitForRequest(matches: (request: ModelRequest) => boolean): Promise<ModelRequest>;
  /** From now on this script answers. */
  play(script: Script): void;
  close(): Promise<void>;
}

export const say = (text: string): Turn => ({ type: "text", text });
export const use = (name: string, input: Record<string, unknown>): Turn => ({
  type: "tools",
  calls: [{ name, input }],
});
export const bash = (command: string): Turn => use("Bash", { command, description: "Run" });

/** Plays the turns one after the other in each conversation, and stays at the last. */
export function inOrder(...turns: readonly Turn[]): Script {
  return ({ answered }) => turns[Math.min(answered, turns.length - 1)] ?? say("done");
}

/**
 * A Messages API on loopback whose model is a script: answers with text, tools, errors or silence.
 * It speaks what Claude Code asks of it: `HEAD /`, `POST /v1/messages` with or without `stream`, and
 * `POST /v1/messages/count_tokens`.
 */
export async function startScriptedApi(script: Script = () => say("done")): Promise<ScriptedApi> {
  let current = script;
  const requests: ModelRequest[] = [];
  const waiters = new Set<(request: ModelRequest) => void>();

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const path = new URL(request.url ?? "/", "http://localhost").pathname;
    const text = await readAll(request);
    if (request.method !== "POST") return void response.writeHead(200).end();
    if (path === "/v1/messages/count_tokens") return sendJson(response, { input_tokens: 100 });
    if (path !== "/v1/messages") return void response.writeHead(404).end("{}");
    const body = JSON.parse(text) as Record<string, unknown>;
    const seen = describe(body);
    requests.push(seen);
    for (const waiter of waiters) waiter(seen);
    await respond(response, body, await current(seen));
  };

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500);
      response.end(String(error));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("No port");

  return {
    url: `http://127.0.0.1:${address.port}`,
    requests,
    sessions: () => [...new Set(requests.map((request) => request.session))],
    waitForRequest: (matches) =>
      new Promise((resolve) => {
        const found = requests.find(matches);
        if (found !== undefined) return resolve(found);
        const waiter = (request: ModelRequest) => {
          if (!matches(request)) return;
          waiters.delete(waiter);
          resolve(request);
        };
        waiters.add(waiter);
      }),
    play: (next) => {
      current = next;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function readAll(request: IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks).toString("utf8");
}

function describe(body: Record<string, unknown>): ModelRequest {
  const messages = (body["messages"] ?? []) as { role: string; content: unknown }[];
  const tools = (body["tools"] ?? []) as { name: string }[];
  return {
    session: sessionOf(body),
    answered: messages.filter((message) => message.role === "assistant").length,
    prompt: textOf(messages.find((message) => message.role === "user")?.content),
    last: textOf(messages.at(-1)?.content),
    tools: tools.map((tool) => tool.name),
    body,
  };
}

/** `user_id` is JSON with `session_id` in newer clients, `…_session_<uuid>` in older ones. */
function sessionOf(body: Record<string, unknown>): string {
  const userId = (body["metadata"] as { user_id?: unknown } | undefined)?.user_id;
  if (typeof userId !== "string") return "";
  return /session_(?:id"?:"?)?([0-9a-f-]{36})/.exec(userId)?.[1] ?? userId;
}

function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content.map((block: { text?: unknown; content?: unknown }) =>
    typeof block.text === "string" ? block.text : textOf(block.content)
  ).join("\n");
}

async function respond(
  response: ServerResponse,
  body: Record<string, unknown>,
  turn: Turn,
): Promise<void> {
  switch (turn.type) {
    case "hang":
      return;
    case "error":
      return sendError(response, turn);
    case "slow":
      return await sendSlowly(response, body, turn);
    default: {
      const blocks = blocksOf(turn);
      const stop = turn.type === "tools" ? "tool_use" : "end_turn";
      if (body["stream"] === true) return sendStream(response, body, blocks, stop);
      return sendJson(response, { ...message(body), content: blocks, stop_reason: stop });
    }
  }
}

const ERROR_TYPES: Readonly<Record<number, string>> = {
  400: "invalid_request_error",
  401: "authentication_error",
  403: "permission_error",
  429: "rate_limit_error",
  529: "overloaded_error",
};

function sendError(response: ServerResponse, turn: Extract<Turn, { type: "error" }>): void {
  const type = ERROR_TYPES[turn.status] ?? "api_error";
  response.writeHead(turn.status, { "content-type": "application/json", ...turn.headers });
  response.end(
    JSON.stringify({ type: "error", error: { type, message: turn.message ?? type } }),
  );
}

type Block =
  | { type: "text"; text: string }
  | { type: "tool_use"; id: string; name: string; input: Readonly<Record<string, unknown>> };

function blocksOf(turn: Extract<Turn, { type: "text" | "tools" }>): Block[] {
  if (turn.type === "text") return [{ type: "text", text: turn.text }];
  const calls = turn.calls.map((call): Block => ({
    type: "tool_use",
    id: `toolu_${randomUUID().replaceAll("-", "").slice(0, 24)}`,
    name: call.name,
    input: call.input,
  }));
  return turn.text === undefined ? calls : [{ type: "text", text: turn.text }, ...calls];
}

function message(body: Record<string, unknown>) {
  return {
    id: `msg_${randomUUID().replaceAll("-", "").slice(0, 24)}`,
    type: "message",
    role: "assistant",
    model: body["model"],
    content: [] as Block[],
    stop_reason: null as string | null,
    stop_sequence: null,
    usage: { input_tokens: 1000, output_tokens: 100 },
  };
}

function sendJson(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify(value));
}

function sendEvent(response: ServerResponse, type: string, fields: Record<string, unknown>): void {
  response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`);
}

function beginStream(response: ServerResponse, body: Record<string, unknown>): void {
  response.writeHead(200, { "content-type": "text/event-stream" });
  sendEvent(response, "message_start", { message: message(body) });
}

function endStream(response: ServerResponse, stopReason: string): void {
  sendEvent(response, "message_delta", {
    delta: { stop_reason: stopReason, stop_sequence: null },
    usage: { output_tokens: 100 },
  });
  sendEvent(response, "message_stop", {});
  response.end();
}

function sendStream(
  response: ServerResponse,
  body: Record<string, unknown>,
  blocks: readonly Block[],
  stopReason: string,
): void {
  beginStream(response, body);
  blocks.forEach((block, index) => {
    const isText = block.type === "text";
    sendEvent(response, "content_block_start", {
      index,
      content_block: isText ? { type: "text", text: "" } : { ...block, input: {} },
    });
    sendEvent(response, "content_block_delta", {
      index,
      delta: isText
        ? { type: "text_delta", text: block.text }
        : { type: "input_json_delta", partial_json: JSON.stringify(block.input) },
    });
    sendEvent(response, "content_block_stop", { index });
  });
  endStream(response, stopReason);
}

async function sendSlowly(
  response: ServerResponse,
  body: Record<string, unknown>,
  turn: Extract<Turn, { type: "slow" }>,
): Promise<void> {
  beginStream(response, body);
  sendEvent(response, "content_block_start", {
    index: 0,
    content_block: { type: "text", text: "" },
  });
  for (const word of turn.words) {
    await new Promise((resolve) => setTimeout(resolve, turn.everyMs));
    if (response.destroyed) return;
    sendEvent(response, "content_block_delta", {
      index: 0,
      delta: { type: "text_delta", text: `${word} ` },
    });
  }
  sendEvent(response, "content_block_stop", { index: 0 });
  endStream(response, "end_turn");
}
