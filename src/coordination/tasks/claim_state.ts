import type { Recovery } from "../recovery.ts";
import type { ClaimWindow } from "./claim_window.ts";

/** Claims, and transactions tried for them, since the start: the price of contention. */
export interface ClaimStatistics {
  /** Claims that succeeded. */
  claims: number;
  /** Transactions sent for them, those that met a conflict among them. */
  tries: number;
}

/** What a claimer keeps from one claim to the next. */
export interface ClaimState {
  readonly window: ClaimWindow;
  readonly statistics: ClaimStatistics;
  readonly recovery: Recovery;
  /** Entries that did not fit their record, with the record's version: a second time is no race. */
  readonly suspects: Map<string, number>;
  /** Whether owners that are gone were looked for since the start. */
  hasScanned: boolean;
}
