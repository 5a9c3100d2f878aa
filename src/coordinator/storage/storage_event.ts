/** Something that the storage has dealt with by itself, and that somebody should know of. */
export type StorageEvent =
  /**
   * The end of the log was no whole group, as after a crash in the middle of a write: it was cut off.
   * No write that was acknowledged was in it.
   */
  | {
    readonly type: "tail_cut";
    readonly file: string;
    /** Where the file ends now. */
    readonly offset: number;
    /** How many were cut off. */
    readonly bytes: number;
  }
  /** A snapshot cannot be read; an older one and the log since then have made up for it. */
  | { readonly type: "snapshot_passed_over"; readonly file: string; readonly problem: string }
  /** A file that is needed no more could not be removed or shortened. It does no harm. */
  | { readonly type: "cleaning_failed"; readonly file: string; readonly problem: string };

/** Told of each event as it happens. */
export type ReportEvent = (event: StorageEvent) => void;
