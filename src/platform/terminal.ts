/** What happens to a terminal that somebody holds. */
export interface TerminalEvents {
  /** It has another size. */
  resized(): void;
  /** The process was stopped and goes on: what was on the terminal may be gone. */
  resumed(): void;
  /** Somebody typed; never the keys by which a process is ended or stopped. */
  typed(text: string): void;
}

/** The modes that a terminal is put into, and out of again: texts of control sequences. */
export interface TerminalModes {
  readonly enter: string;
  readonly leave: string;
}

/** A terminal that was taken over. */
export interface HeldTerminal {
  /**
   * Resolves when the terminal has taken the text; one write at a time. What comes while the process is
   * about to stop is not written, and neither is anything to a terminal that is gone. Never rejects.
   */
  write(text: string): Promise<void>;
  /** Leaves the modes, soon even where the terminal takes nothing. May be called twice. */
  release(): Promise<void>;
}

/** A terminal to draw on. */
export interface Terminal {
  size(): { readonly columns: number; readonly rows: number };
  /**
   * Takes it over: enters the modes, and leaves them whenever the process is stopped, ends or fails,
   * whatever the reason; enters them again when it goes on. Keys are not echoed meanwhile.
   */
  take(modes: TerminalModes, events: TerminalEvents): HeldTerminal;
}
