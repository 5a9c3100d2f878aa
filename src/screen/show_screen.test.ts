import { expect, test } from "vitest";
import { busy, idle, LOOKS } from "../../tests/support/boards.ts";
import { PaperTerminal } from "../../tests/support/paper_terminal.ts";
import { VirtualClock } from "../platform/simulated/virtual_clock.ts";
import type { TerminalEvents, TerminalModes } from "../platform/terminal.ts";
import type { Board } from "../monitor/board.ts";
import { showScreen } from "./show_screen.ts";

function showing() {
  const clock = new VirtualClock();
  const stop = new AbortController();
  const listeners = new Set<() => void>();
  const seen: {
    board: Board;
    size: { columns: number; rows: number };
    paper: PaperTerminal;
    modes: TerminalModes | null;
    events: TerminalEvents | null;
    isReleased: boolean;
  } = {
    board: idle,
    size: { columns: 80, rows: 24 },
    paper: new PaperTerminal({ columns: 80, rows: 24 }),
    modes: null,
    events: null,
    isReleased: false,
  };
  const shown = showScreen({
    source: {
      get board() {
        return seen.board;
      },
      onChange: (listener) => {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
    },
    terminal: {
      size: () => seen.size,
      take: (modes, events) => {
        Object.assign(seen, { modes, events });
        return {
          write: async (text) => seen.paper.write(text),
          release: async () => {
            seen.isReleased = true;
          },
        };
      },
    },
    clock,
    looks: LOOKS,
    colours: true,
    signal: stop.signal,
  });
  const change = (board: Board) => {
    seen.board = board;
    for (const listener of listeners) listener();
  };
  return { clock, stop, seen, shown, change, listeners };
}

test("what the board says is on the terminal, and each change soon after", async () => {
  const { clock, stop, seen, shown, change } = showing();
  await clock.advance(1);
  expect(seen.paper.text()).toContain("○ Bob");
  await clock.advance(500);
  change(busy);
  await clock.advance(1);
  expect(seen.paper.text()).toContain("Sign in with passkeys");
  stop.abort();
  await shown;
});

test("another size, or a process that goes on, is drawn whole", async () => {
  const { clock, stop, seen, shown } = showing();
  await clock.advance(500);
  seen.size = { columns: 120, rows: 40 };
  seen.paper = new PaperTerminal(seen.size);
  seen.events?.resized();
  await clock.advance(100);
  expect(seen.paper.text().split("\n").at(-1)).toMatch(/Ctrl\+C to stop$/);
  seen.paper = new PaperTerminal(seen.size);
  seen.events?.resumed();
  await clock.advance(100);
  expect(seen.paper.text()).toContain("★ Ada leads");
  stop.abort();
  await shown;
});

test("the alternate screen is taken without a cursor, and given back with everything as it was", async () => {
  const { clock, stop, seen, shown, listeners } = showing();
  await clock.advance(1);
  expect(seen.modes?.enter).toBe("\x1b[?1049h\x1b[?25l\x1b[?7l");
  for (const mode of ["\x1b[?7h", "\x1b[?25h", "\x1b[?1049l", "\x1b[0m"]) {
    expect(seen.modes?.leave).toContain(mode);
  }
  stop.abort();
  await shown;
  expect(seen.isReleased).toBe(true);
  expect(listeners.size).toBe(0);
  expect(clock.pending).toBe(0);
});
