import { expect, test } from "vitest";
import { type Kind, READERS } from "./kinds.ts";

test.each<[Kind, unknown, unknown]>([
  ["hosts", "127.0.0.1:2181", "127.0.0.1:2181"],
  ["hosts", "zk1:2181,zk2,[::1]:2183/team/a", "zk1:2181,zk2,[::1]:2183/team/a"],
  ["root_path", "/claude-orchestrator", "/claude-orchestrator"],
  ["root_path", "/a/b.c", "/a/b.c"],
  ["credentials", "user:pass:word", "user:pass:word"],
  ["command", "claude -p 'two words'", ["claude", "-p", "two words"]],
  ["command", ["sh", "-c", ""], ["sh", "-c", ""]],
  ["agent", "rehearsal", "rehearsal"],
  ["line", "429@build#2, seed=7", "429@build#2, seed=7"],
  ["path", " ~/x ", "~/x"],
  ["name", "Bøb 1", "Bøb 1"],
  ["role", "builder", "builder"],
  ["instance_id", "a.B_c-1", "a.B_c-1"],
  ["duration", "1.5m", 90_000],
  ["count", "7", 7],
  ["retries", 0, 0],
  ["money", "2.50", 2.5],
  ["port", "2181", 2181],
])("%s takes %j", (kind, input, value) => {
  expect(READERS[kind](input)).toEqual({ ok: true, value });
});

test.each<[Kind, unknown, RegExp]>([
  ["hosts", "a b", /host:port/],
  ["hosts", "a:2181,,b", /host:port/],
  ["hosts", "", /empty/],
  ["hosts", 2181, /text/],
  ["root_path", "team", /absolute path/],
  ["root_path", "/team/", /slash at its end/],
  ["root_path", "/a//b", /absolute path/],
  ["root_path", "/a/../b", /absolute path/],
  ["root_path", "/", /absolute path/],
  ["credentials", "user", /user:password/],
  ["credentials", "user:", /user:password/],
  ["command", "  ", /empty/],
  ["command", "claude 'open", /not closed/],
  ["command", [], /command line/],
  ["command", ["claude", 1], /command line/],
  ["name", "x".repeat(129), /128/],
  ["name", "a\u001b[2Jb", /control characters/],
  ["role", "Builder", /lower-case/],
  ["instance_id", "../x", /letters/],
  ["duration", 30, /30s/],
  ["duration", "0s", /30s/],
  ["duration", "30", /30s/],
  ["count", "1.5", /whole number/],
  ["count", "", /whole number/],
  ["retries", 101, /0 to 100/],
  ["money", "NaN", /amount/],
  ["money", true, /amount/],
  ["port", 0, /port/],
  ["port", "65536", /port/],
])("%s refuses %j", (kind, input, problem) => {
  const reading = READERS[kind](input);
  expect(reading.ok ? "accepted" : reading.problem).toMatch(problem);
});
