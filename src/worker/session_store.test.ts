import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { idOf } from "../domain/ids.ts";
import { nodeFiles } from "../platform/node/files.ts";
import { SessionStore } from "./session_store.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "session-store-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const id = idOf("task", 7);
const session = { session_id: "s-1", cost_usd: 0.5, work_dir: "/work" };

test("a conversation is kept for its task and its directory, readable by nobody else", () => {
  const store = new SessionStore(directory, nodeFiles);
  expect(store.get(id, "/work")).toBeNull();
  store.keep(id, session);
  expect(store.get(id, "/work")).toEqual({ v: 1, ...session });
  expect(store.get(id, "/elsewhere")).toBeNull();
  expect(store.get(idOf("task", 8), "/work")).toBeNull();
  const path = join(directory, "conversations", "task-0000000007.json");
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test("what is forgotten, broken or cannot be written is no conversation", () => {
  const store = new SessionStore(directory, nodeFiles);
  store.keep(id, session);
  store.forget(id);
  expect(store.get(id, "/work")).toBeNull();
  store.keep(id, session);
  writeFileSync(join(directory, "conversations", "task-0000000007.json"), "{broken");
  expect(store.get(id, "/work")).toBeNull();
  writeFileSync(join(directory, "file"), "");
  const nowhere = new SessionStore(join(directory, "file"), nodeFiles);
  nowhere.keep(id, session);
  expect(nowhere.get(id, "/work")).toBeNull();
});
