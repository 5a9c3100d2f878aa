import { expect, test } from "vitest";
import { SeededRandom } from "../../platform/simulated/seeded_random.ts";
import { ClaimWindow } from "./claim_window.ts";

test("a lone claimer takes exactly the head", () => {
  const window = new ClaimWindow();
  for (let now = 0; now < 100; now++) {
    expect(window.pick(250, `task ${now}`, now, 0.999)).toBe(0);
    window.success();
  }
});

test("conflicts widen it, to 256 at most, and a second without one closes it", () => {
  const window = new ClaimWindow();
  const sizes = Array.from({ length: 10 }, (_, now) => {
    window.conflict(now);
    return window.size(now);
  });
  expect(sizes).toEqual([2, 4, 8, 16, 32, 64, 128, 256, 256, 256]);
  expect(window.size(1_009)).toBe(256);
  expect(window.size(1_010)).toBe(1);
});

test("it never picks beyond what is there", () => {
  const window = new ClaimWindow();
  for (let now = 0; now < 8; now++) window.conflict(now);
  expect(window.pick(3, "a", 8, 0.999)).toBe(2);
  expect(window.pick(1, "b", 8, 0.999)).toBe(0);
});

test("a head that does not move is taken from an eighth of the window", () => {
  const window = new ClaimWindow();
  for (let now = 0; now < 6; now++) window.conflict(now);
  expect(window.pick(250, "a", 6, 0.999)).toBe(63);
  expect(window.pick(250, "a", 6, 0.999)).toBe(7);
});

test("it settles, for fifty claimers who see the same queue, below two tries a claim", () => {
  const random = new SeededRandom(1);
  const claimers = Array.from({ length: 50 }, () => new ClaimWindow());
  let queue = Array.from({ length: 2_000 }, (_, index) => `task ${index}`);
  let tries = 0;
  let claims = 0;
  for (let round = 0; queue.length > 300; round++) {
    const taken = new Set<string>();
    for (const window of claimers) {
      const at = window.pick(queue.length, queue[0] ?? "", round, random.next());
      const name = queue[at] ?? "";
      tries++;
      if (taken.has(name)) window.conflict(round);
      else {
        taken.add(name);
        claims++;
        window.success();
      }
    }
    queue = queue.filter((name) => !taken.has(name));
  }
  expect(tries / claims).toBeLessThan(2);
});
