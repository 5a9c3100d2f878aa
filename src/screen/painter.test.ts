import { expect, test } from "vitest";
import { VirtualClock } from "../platform/simulated/virtual_clock.ts";
import { cellsOf, span } from "./cells.ts";
import { Painter } from "./painter.ts";
import type { Frame } from "./view.ts";

/** A painter of one line, and what it has written. */
function painting(validMs = Infinity) {
  const clock = new VirtualClock();
  const written: { text: string; at: number; take: () => void }[] = [];
  const state = { line: "one", validMs, isStuck: false, drawn: 0 };
  const painter = new Painter({
    clock,
    colours: false,
    draw: (): Frame => {
      state.drawn++;
      return {
        rows: [cellsOf([span(state.line)], 20, true)],
        validMs: state.validMs,
        cursor: null,
      };
    },
    write: (text) =>
      new Promise((resolve) => {
        written.push({ text, at: clock.monotonic(), take: resolve });
        if (!state.isStuck) resolve();
      }),
  });
  return { clock, written, state, painter };
}

test("the first frame is written at once, and nothing more while nothing changes", async () => {
  const { clock, written, painter } = painting();
  painter.repaint();
  await clock.advance(10_000);
  expect(written.map(({ at }) => at)).toEqual([0]);
  expect(clock.pending).toBe(0);
});

test("a hundred changes in a second are ten frames at most, and the last one is shown", async () => {
  const { clock, written, state, painter } = painting();
  for (let change = 0; change < 100; change++) {
    state.line = `change ${change}`;
    painter.ask();
    await clock.advance(10);
  }
  await clock.advance(200);
  expect(written.length).toBeLessThanOrEqual(11);
  expect(written.length).toBeGreaterThan(8);
  expect(written.at(-1)?.text).toContain("9");
});

test("one change after a quiet time is shown at once", async () => {
  const { clock, written, state, painter } = painting();
  painter.repaint();
  await clock.advance(5_000);
  state.line = "two";
  painter.ask();
  await clock.advance(1);
  expect(written.map(({ at }) => at)).toEqual([0, 5_000]);
});

test("a frame that time changes is drawn again when it says so, and costs nothing if it did not", async () => {
  const { clock, written, state, painter } = painting(1_000);
  painter.repaint();
  await clock.advance(3_500);
  expect(state.drawn).toBe(4);
  expect(written).toHaveLength(1);
});

test("while the terminal takes nothing, nothing piles up; then the newest frame is written", async () => {
  const { clock, written, state, painter } = painting();
  state.isStuck = true;
  painter.repaint();
  await clock.advance(1);
  for (let change = 0; change < 50; change++) {
    state.line = `line ${change}`;
    painter.ask();
    await clock.advance(200);
  }
  expect(written).toHaveLength(1);
  expect(state.drawn).toBe(1);
  state.isStuck = false;
  written[0]?.take();
  await clock.advance(200);
  expect(written).toHaveLength(2);
  expect(written[1]?.text).toContain("line 49");
});

test("after a repaint the whole frame is written, also where it is the same", async () => {
  const { clock, written, painter } = painting();
  painter.repaint();
  await clock.advance(1_000);
  painter.repaint();
  await clock.advance(1_000);
  expect(written).toHaveLength(2);
  expect(written[1]?.text).toBe(written[0]?.text);
});

test("resizes that follow each other fast are drawn once", async () => {
  const { clock, written, painter } = painting();
  painter.repaint();
  await clock.advance(1_000);
  for (let step = 0; step < 20; step++) painter.repaint();
  await clock.advance(1_000);
  expect(written).toHaveLength(2);
});

test("once it is closed it draws no more", async () => {
  const { clock, written, painter } = painting(1_000);
  painter.repaint();
  await clock.advance(10);
  painter.close();
  painter.ask();
  await clock.advance(5_000);
  expect(written).toHaveLength(1);
  expect(clock.pending).toBe(0);
});
