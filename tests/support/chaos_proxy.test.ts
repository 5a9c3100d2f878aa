import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type ChaosProxy, startProxy } from "./chaos_proxy.ts";

/** Answers each chunk with the same bytes, and notes what happens to its connections. */
let echo: Server;
let heard: string[];
let proxy: ChaosProxy;
const clients: Client[] = [];

beforeEach(async () => {
  const notes: string[] = [];
  heard = notes;
  echo = createServer((socket) => {
    socket.on("data", (bytes) => {
      notes.push(String(bytes));
      socket.write(bytes);
    });
    socket.on("end", () => notes.push("<end>"));
    socket.on("error", () => notes.push("<reset>"));
  });
  await once(echo.listen(0, "127.0.0.1"), "listening");
  const address = echo.address();
  if (address === null || typeof address === "string") throw new Error("No port");
  proxy = await startProxy(`127.0.0.1:${address.port}`);
});

afterEach(() => {
  for (const { socket } of clients.splice(0)) socket.destroy();
  proxy.close();
  echo.close();
});

class Client {
  readonly socket: Socket;
  seen = "";

  constructor() {
    this.socket = connect({ host: "127.0.0.1", port: proxy.port });
    this.socket.on("data", (bytes) => this.seen += String(bytes));
    this.socket.on("end", () => this.seen += "<end>");
    this.socket.on("error", (error: NodeJS.ErrnoException) => this.seen += `<${error.code}>`);
    clients.push(this);
  }

  says(text: string): this {
    this.socket.write(text);
    return this;
  }

  hears(text: string) {
    return expect.poll(() => this.seen, { interval: 5 }).toBe(text);
  }
}

async function talking(): Promise<Client> {
  const client = new Client().says("a");
  await client.hears("a");
  return client;
}

const serverHears = (...texts: string[]) =>
  expect.poll(() => heard, { interval: 5 }).toEqual(texts);
/** Time for something to arrive that should not. */
const quietTime = () => new Promise((resolve) => setTimeout(resolve, 50));

test("passes bytes both ways and counts them", async () => {
  await talking();
  expect(proxy.forwarded).toEqual({ to_server: 1, to_client: 1 });
  expect([proxy.accepted, proxy.open]).toEqual([1, 1]);
});

test("cut() resets both sides", async () => {
  const client = await talking();
  proxy.cut();
  await client.hears("a<ECONNRESET>");
  await serverHears("a", "<reset>");
  expect(proxy.open).toBe(0);
});

test('cut("end") ends both sides in good order', async () => {
  const client = await talking();
  proxy.cut("end");
  await client.hears("a<end>");
  await serverHears("a", "<end>");
});

test("blackhole() holds everything, and lets it arrive late", async () => {
  const client = await talking();
  proxy.blackhole(true);
  client.says("b");
  const second = new Client().says("c");
  await quietTime();
  expect([client.seen, second.seen, heard]).toEqual(["a", "", ["a"]]);
  expect(proxy.accepted).toBe(2);
  proxy.blackhole(false);
  await client.hears("ab");
  await second.hears("c");
});

test("blackhole() can hold one direction alone", async () => {
  const client = await talking();
  proxy.blackhole(true, "to_client");
  client.says("b");
  await serverHears("a", "b");
  expect(client.seen).toBe("a");
});

test("delay() keeps the order", async () => {
  const client = await talking();
  proxy.delay(60);
  const start = performance.now();
  client.says("b");
  await quietTime();
  client.says("c");
  await client.hears("abc");
  expect(performance.now() - start).toBeGreaterThanOrEqual(170 - 1);
});

test("halfClose() ends the clients' side alone", async () => {
  const client = await talking();
  client.socket.allowHalfOpen = true;
  proxy.halfClose();
  await client.hears("a<end>");
  client.says("b");
  await serverHears("a", "b");
});

test("orphan() takes the server away without a word to the client", async () => {
  const client = await talking();
  proxy.orphan();
  await serverHears("a", "<end>");
  client.says("b");
  await quietTime();
  expect(client.seen).toBe("a");
});

test("cutAfterBytes(0) to the client loses the reply, not the request", async () => {
  const client = await talking();
  const cut = proxy.cutAfterBytes(0, "to_client");
  client.says("b");
  await cut;
  await client.hears("a<end>");
  await serverHears("a", "b", "<end>");
});

test("cutAfterBytes(0) to the server loses the request", async () => {
  const client = await talking();
  const cut = proxy.cutAfterBytes(0, "to_server");
  client.says("b");
  await cut;
  await client.hears("a<end>");
  await serverHears("a", "<end>");
});

test("cutAfterBytes() tears a chunk", async () => {
  const client = await talking();
  const cut = proxy.cutAfterBytes(2, "to_client");
  client.says("bcd");
  await cut;
  await client.hears("abc<end>");
});

test("refuse() turns new connections away until accept()", async () => {
  const client = await talking();
  proxy.refuse();
  await new Client().hears("<ECONNREFUSED>");
  await client.says("b").hears("ab");
  await proxy.accept();
  await talking();
});
