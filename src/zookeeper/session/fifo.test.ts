import { expect, test } from "vitest";
import { SeededRandom } from "../../platform/simulated/seeded_random.ts";
import { Fifo } from "./fifo.ts";

test("a Fifo does as an array does", () => {
  const random = new SeededRandom(3);
  const fifo = new Fifo<number>();
  const array: number[] = [];
  for (let i = 0; i < 50_000; i++) {
    if (random.next() < (i < 25_000 ? 0.6 : 0.4)) {
      fifo.push(i);
      array.push(i);
    } else {
      expect(fifo.peek()).toBe(array[0]);
      expect(fifo.shift()).toBe(array.shift());
    }
    if (fifo.size !== array.length) throw new Error(`${fifo.size} items for ${array.length}`);
  }
  expect([...fifo]).toEqual(array);
  expect(fifo.drain()).toEqual(array);
  expect(fifo.size).toBe(0);
  expect(fifo.peek()).toBeUndefined();
});
