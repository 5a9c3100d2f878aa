import type { Board } from "../monitor/board.ts";
import type { Clock } from "../platform/clock.ts";
import type { Terminal } from "../platform/terminal.ts";
import type { Looks } from "./looks.ts";
import { PASTE_MODE } from "./line_editor.ts";
import { Painter } from "./painter.ts";
import { drawScreen, type Prompt } from "./view.ts";

const CSI = "\x1b[";
/** The alternate screen, without a cursor, and without lines that wrap. */
const MODES = {
  enter: `${CSI}?1049h${CSI}?25l${CSI}?7l`,
  leave: `${CSI}?2026l${CSI}0m${CSI}?7h${CSI}?25h${CSI}?1049l`,
};

/** What is shown; `Monitor` is one. */
export interface BoardSource {
  readonly board: Board;
  onChange(listener: () => void): () => void;
}

export interface ScreenOptions {
  readonly source: BoardSource;
  readonly terminal: Terminal;
  readonly clock: Clock;
  readonly looks: Looks;
  readonly colours: boolean;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** The line that is being typed, if one is. */
  readonly prompt?: () => Prompt | undefined;
  /** Told what was typed; `ask` draws what came of it. */
  readonly onTyped?: (text: string, ask: () => void) => void;
}

/**
 * Shows a board on a terminal until the signal is aborted; then the terminal is as it was before. Never
 * throws because of the terminal: one that is gone shows nothing.
 */
export async function showScreen(options: ScreenOptions): Promise<void> {
  const { source, terminal, clock, looks, colours, signal, prompt, onTyped } = options;
  if (signal.aborted) return;
  const modes = prompt === undefined ? MODES : {
    enter: MODES.enter + PASTE_MODE.enter,
    leave: PASTE_MODE.leave + MODES.leave,
  };
  const held = terminal.take(modes, {
    resized: () => painter.repaint(),
    resumed: () => painter.repaint(),
    typed: (text) => onTyped?.(text, () => painter.ask()),
  });
  const painter = new Painter({
    clock,
    colours,
    draw: () => drawScreen(source.board, terminal.size(), clock.now(), looks, prompt?.()),
    write: (text) => held.write(text),
  });
  const unsubscribe = source.onChange(() => painter.ask());
  try {
    painter.repaint();
    await aborted(signal);
  } finally {
    unsubscribe();
    painter.close();
    await held.release();
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
