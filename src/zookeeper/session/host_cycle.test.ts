import { describe, expect, test } from "vitest";
import { SeededRandom } from "../../platform/simulated/seeded_random.ts";
import { HostCycle } from "./host_cycle.ts";

const endpoints = ["a", "b", "c"].map((host) => ({ host, port: 1 }));

describe("HostCycle", () => {
  test("tries every host once a round, in an order that differs from client to client", () => {
    const orders = new Set<string>();
    for (let seed = 1; seed <= 50; seed++) {
      const random = new SeededRandom(seed);
      const cycle = new HostCycle(endpoints, () => random.next());
      const round = () => [1, 2, 3].map(() => cycle.next()?.host).join("");
      const order = round();
      expect([...order].sort().join("")).toBe("abc");
      expect(round()).toBe(order);
      orders.add(order);
    }
    expect(orders.size).toBe(6);
  });

  test("waits between rounds only: longer each time, up to a limit, and not after a reset", () => {
    const cycle = new HostCycle(endpoints, () => 1 - Number.EPSILON);
    const waits = () =>
      Array.from({ length: 7 }, () => {
        const wait = cycle.wait();
        for (let i = 0; i < 3; i++) {
          if (i > 0) expect(cycle.wait()).toBe(0);
          cycle.next();
        }
        return Math.round(wait);
      });
    expect(waits()).toEqual([0, 50, 100, 200, 400, 800, 1_000]);
    cycle.reset();
    expect(cycle.wait()).toBe(0);
  });

  test("jitters down to half", () => {
    const cycle = new HostCycle(endpoints.slice(0, 1), () => 0);
    cycle.next();
    expect(cycle.wait()).toBe(25);
  });
});
