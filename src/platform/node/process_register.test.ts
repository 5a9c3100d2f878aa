import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { nodeProcessRegister } from "./process_register.ts";

test("this process is alive, and is not another that has its number", () => {
  const self = nodeProcessRegister.self();
  expect(self.pid).toBe(process.pid);
  expect(self.started).not.toBe("");
  expect(nodeProcessRegister.self()).toEqual(self);
  expect(nodeProcessRegister.isAlive(self)).toBe(true);
  expect(nodeProcessRegister.isAlive({ ...self, started: `${self.started}0` })).toBe(false);
});

test("a process that has ended is not alive", async () => {
  const child = spawn("sleep", ["60"]);
  await once(child, "spawn");
  const identity = { pid: child.pid ?? 0, started: "" };
  expect(nodeProcessRegister.isAlive(identity)).toBe(true);
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(nodeProcessRegister.isAlive(identity)).toBe(false);
});

test("a process that has ended and that nobody has asked about is not alive", async () => {
  // The shell becomes a program that never asks how its child ended.
  const parent = spawn("sh", ["-c", "sleep 0 & echo $!; exec sleep 60"]);
  const [line] = await once(parent.stdout, "data");
  const child = { pid: Number(String(line)), started: "" };
  await expect.poll(() => nodeProcessRegister.isAlive(child)).toBe(false);
  parent.kill("SIGKILL");
  await once(parent, "exit");
});
