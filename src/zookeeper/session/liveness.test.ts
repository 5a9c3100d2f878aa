import { describe, expect, test } from "vitest";
import { Liveness } from "./liveness.ts";

describe("Liveness, with a timeout of 9 s", () => {
  test("wants a ping a third of the timeout after the last request", () => {
    const liveness = new Liveness(9_000, 0, 10);
    expect(liveness.pingAt).toBe(3_000);
    liveness.sent(1_000);
    expect(liveness.pingAt).toBe(4_000);
    liveness.pinged(4_000);
    expect(liveness.pingAt).toBe(7_000);
  });

  test("counts the session from the sending of what was answered", () => {
    const liveness = new Liveness(9_000, 100, 500);
    expect(liveness.renewedAt).toBe(100);
    liveness.answered(5_000, 4_000);
    expect(liveness.renewedAt).toBe(4_000);
    liveness.pinged(4_500);
    liveness.pinged(7_500);
    liveness.answered(8_000, 3_000);
    expect(liveness.renewedAt).toBe(4_000);
    liveness.ponged(8_100);
    expect(liveness.renewedAt).toBe(4_500);
  });

  test("takes a server for silent two thirds of the timeout after its last answer", () => {
    const liveness = new Liveness(9_000, 0, 1_000);
    liveness.pinged(3_000);
    expect(liveness.deadline(Infinity)).toBe(7_000);
    expect(liveness.deadline(500)).toBe(7_000);
    liveness.ponged(3_100);
    expect(liveness.deadline(3_050)).toBe(9_100);
  });

  test("gives a third to the answer of a client that was blocked, but not beyond the session", () => {
    const liveness = new Liveness(9_000, 0, 0);
    expect(liveness.deadline(5_000)).toBe(8_000);
    expect(liveness.deadline(7_000)).toBe(9_000);
    expect(liveness.deadline(Infinity)).toBe(9_000);
  });
});
