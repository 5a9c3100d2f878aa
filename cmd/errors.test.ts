import { expect, test } from "vitest";
import * as z from "zod";
import { ERROR_KINDS, type ErrorCode, OrchestratorError } from "../src/domain/errors.ts";
import { ZooKeeperError, type ZooKeeperErrorCode } from "../src/zookeeper/errors.ts";
import { errorLine, reportOf } from "./errors.ts";

test.each<[ErrorCode, number]>([
  ["INTERNAL", 1],
  ["USAGE", 2],
  ["TOO_LARGE", 2],
  ["IDENTITY_MISSING", 2],
  ["TASK_NOT_FOUND", 3],
  ["NOTHING_TO_CLAIM", 3],
  ["CLAIM_LOST", 4],
  ["ZOOKEEPER_UNREACHABLE", 5],
  ["AUTH_FAILED", 6],
  ["TIMED_OUT", 124],
  ["INTERRUPTED", 130],
])("%s ends with status %i", (code, status) => {
  expect(reportOf(new OrchestratorError(code, "x")).exitStatus).toBe(status);
});

test("every code has an exit status that is not 0", () => {
  for (const code of Object.values(ERROR_KINDS).flat()) {
    expect(reportOf(new OrchestratorError(code, "x")).exitStatus).toBeGreaterThan(0);
  }
});

test.each<[ZooKeeperErrorCode, ErrorCode, number]>([
  ["CONNECT_TIMEOUT", "ZOOKEEPER_UNREACHABLE", 5],
  ["CONNECTION_LOSS", "CONNECTION_LOST", 5],
  ["OPERATION_TIMEOUT", "CONNECTION_LOST", 5],
  ["SESSION_EXPIRED", "SESSION_EXPIRED", 5],
  ["AUTH_FAILED", "AUTH_FAILED", 6],
  ["NO_AUTH", "NOT_ALLOWED", 6],
  ["PACKET_TOO_LARGE", "TOO_LARGE", 2],
  ["BAD_VERSION", "INTERNAL", 1],
])("ZooKeeper's %s is %s, status %i", (zookeeper, code, status) => {
  const error = new ZooKeeperError(zookeeper, "boom", { outcome: "refused", path: "/a" });
  const { report, exitStatus } = reportOf(error);
  expect(report).toMatchObject({ code, zookeeper_code: zookeeper, path: "/a" });
  expect(exitStatus).toBe(status);
});

test("a lost reply says that the change may have been made", () => {
  const error = new ZooKeeperError("CONNECTION_LOSS", "cut", { outcome: "unknown" });
  expect(reportOf(error).report.hint).toContain("may have been made");
});

test("a schema's refusal names the field", () => {
  const { error } = z.object({ title: z.string().min(1, "must not be empty") }).safeParse({
    title: "",
  });
  expect(reportOf(error).report).toMatchObject({
    code: "INVALID_INPUT",
    message: "title must not be empty",
  });
});

test.each([["EACCES", "PERMISSION_DENIED"], ["ENOSPC", "DISK_FULL"], ["ENOENT", "IO_FAILED"]])(
  "the system's %s is %s",
  (system, code) => {
    const error = Object.assign(new Error(`${system}: x`), { code: system });
    expect(reportOf(error).report.code).toBe(code);
  },
);

test("any other error is a defect, said without its stack", () => {
  const { report, exitStatus } = reportOf(new TypeError("x is not a function"));
  expect(report).toMatchObject({ code: "INTERNAL", message: "x is not a function" });
  expect(errorLine(report)).not.toContain("errors.test");
  expect(exitStatus).toBe(1);
  expect(reportOf("thrown text").report.message).toBe("thrown text");
});

test("an error is one line, and what it quotes cannot drive a terminal", () => {
  const { report } = reportOf(
    new OrchestratorError("INVALID_INPUT", "bad \u001b[2J\u009bx", { details: { id: "\u009b" } }),
  );
  const line = errorLine(report);
  // deno-lint-ignore no-control-regex
  expect(line).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  expect(line.endsWith("\n") && line.indexOf("\n") === line.length - 1).toBe(true);
  expect(JSON.parse(line)).toEqual({ error: report });
});

test("details never replace code and message", () => {
  const error = new OrchestratorError("USAGE", "said", { details: { code: "x", message: "y" } });
  expect(reportOf(error).report).toMatchObject({ code: "USAGE", message: "said" });
});
