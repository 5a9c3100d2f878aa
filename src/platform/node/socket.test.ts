import { createServer, type Server, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import type { ConnectionHandlers } from "../../zookeeper/environment.ts";
import { dial } from "./socket.ts";

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function listen(onSocket: (socket: Socket) => void): Promise<number> {
  const server = createServer(onSocket);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("No port");
  return address.port;
}

/** Handlers that write down what they are told; `closed` resolves with the error, if any. */
function recorder() {
  const calls: string[] = [];
  const handlers: ConnectionHandlers = {
    opened: () => {},
    data: (chunk) => calls.push(`data ${new TextDecoder().decode(chunk)}`),
    closed: () => {},
  };
  const opened = new Promise<void>((resolve) => {
    handlers.opened = () => {
      calls.push("opened");
      resolve();
    };
  });
  const closed = new Promise<Error | undefined>((resolve) => {
    handlers.closed = (error) => {
      calls.push("closed");
      resolve(error);
    };
  });
  return { calls, handlers, opened, closed };
}

/** Long enough for a second `closed` to arrive, if there were one. */
const nextTurns = () => new Promise((resolve) => setTimeout(resolve, 20));

test("dial() carries bytes both ways and ends when the server ends", async () => {
  const port = await listen((socket) => socket.on("data", (bytes) => socket.end(bytes)));
  const { calls, handlers, opened, closed } = recorder();
  const connection = dial({ host: "127.0.0.1", port }, undefined, handlers);
  await opened;
  connection.write(new TextEncoder().encode("ruok"));
  expect(await closed).toBeUndefined();
  await nextTurns();
  expect(calls).toEqual(["opened", "data ruok", "closed"]);
});

test("dial() tells a refused connection once, and after it has returned", async () => {
  const port = await listen(() => {});
  await new Promise((resolve) => servers.pop()?.close(resolve));
  const { calls, handlers, closed } = recorder();
  dial({ host: "127.0.0.1", port }, undefined, handlers);
  expect(calls).toEqual([]);
  expect((await closed)?.message).toContain("ECONNREFUSED");
  await nextTurns();
  expect(calls).toEqual(["closed"]);
});

test("dial() has a message where every address of a name has failed", async () => {
  const port = await listen(() => {});
  await new Promise((resolve) => servers.pop()?.close(resolve));
  const { handlers, closed } = recorder();
  dial({ host: "localhost", port }, undefined, handlers);
  expect((await closed)?.message).toContain("ECONNREFUSED");
});

test.each([
  ["a port out of range", { host: "127.0.0.1", port: 70_000 }],
  ["an unknown name", { host: "no-such-host.invalid", port: 2181 }],
])("dial() does not throw for %s", async (_what, endpoint) => {
  const { calls, handlers, closed } = recorder();
  dial(endpoint, undefined, handlers);
  expect(calls).toEqual([]);
  expect(await closed).toBeInstanceOf(Error);
  await nextTurns();
  expect(calls).toEqual(["closed"]);
});

test("dial() tells a reset connection with its error, once", async () => {
  const port = await listen((socket) => socket.on("data", () => socket.resetAndDestroy()));
  const { calls, handlers, opened, closed } = recorder();
  const connection = dial({ host: "127.0.0.1", port }, undefined, handlers);
  await opened;
  connection.write(new Uint8Array([1]));
  expect((await closed)?.message).toContain("ECONNRESET");
  await nextTurns();
  expect(calls).toEqual(["opened", "closed"]);
});

test.each(["plain", "TLS"])(
  "destroy() before the %s connection stands closes it, once",
  async (how) => {
    const port = await listen(() => {});
    const { calls, handlers, closed } = recorder();
    const connection = dial({ host: "127.0.0.1", port }, how === "TLS" ? {} : undefined, handlers);
    connection.destroy();
    expect(await closed).toBeUndefined();
    connection.write(new Uint8Array([1]));
    await nextTurns();
    expect(calls).toEqual(["closed"]);
  },
);

test("a server that does not speak TLS is an error", async () => {
  const port = await listen((socket) => socket.end("not TLS"));
  const { calls, handlers, closed } = recorder();
  dial({ host: "127.0.0.1", port }, {}, handlers);
  expect(await closed).toBeInstanceOf(Error);
  expect(calls).toEqual(["closed"]);
});
