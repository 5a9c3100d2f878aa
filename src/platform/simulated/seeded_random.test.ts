import { expect, test } from "vitest";
import { SeededRandom } from "./seeded_random.ts";

test("the same seed gives the same numbers, another seed others", () => {
  const take = (seed: number) => {
    const random = new SeededRandom(seed);
    return Array.from({ length: 5 }, () => random.next());
  };
  expect(take(1)).toEqual(take(1));
  expect(take(1)).not.toEqual(take(2));
});

test("next() is uniform in [0, 1)", () => {
  const random = new SeededRandom(7);
  const buckets = new Array<number>(10).fill(0);
  for (let index = 0; index < 10_000; index++) {
    const value = random.next();
    expect(value).toBeGreaterThanOrEqual(0);
    expect(value).toBeLessThan(1);
    const bucket = Math.floor(value * 10);
    buckets[bucket] = (buckets[bucket] ?? 0) + 1;
  }
  for (const count of buckets) expect(Math.abs(count - 1_000)).toBeLessThan(120);
});

test("id() gives 32 hexadecimal digits, another each time", () => {
  const random = new SeededRandom(7);
  const ids = Array.from({ length: 100 }, () => random.id());
  expect(ids.every((id) => /^[0-9a-f]{32}$/.test(id))).toBe(true);
  expect(new Set(ids).size).toBe(100);
});
