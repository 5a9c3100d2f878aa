/** Bytes, in UTF-8, of a task's title and description together, and of a message or context value. */
export const MAX_TEXT_BYTES = 512 * 1024;

/**
 * Bytes of a requirement's text, in UTF-8, and of what of it is stored, as JSON: its record is part of
 * every transaction that opens or ends one of its chains.
 */
export const MAX_REQUIREMENT_BYTES = 256 * 1024;
export const MAX_STORED_REQUIREMENT_BYTES = 300_000;

/** Rounds that a requirement may allow; the reason of each stays on the chain's record. */
export const MAX_ROUNDS = 20;

/** Bytes, as JSON, of the decomposition of a requirement. */
export const MAX_PLAN_BYTES = 300_000;

/** Bytes, in UTF-8, of what a finished task says: result, and evidence. */
export const MAX_RESULT_BYTES = 256 * 1024;

/** Bytes, in UTF-8, of a reason (block, fail, cancel …); a longer one is refused. */
export const MAX_REASON_BYTES = 16 * 1024;

/**
 * Bytes of one stored payload, as encoded JSON. ZooKeeper closes the connection, without an error
 * code, on a packet over `jute.maxbuffer` (1,048,575); this leaves room for the rest of the packet.
 */
export const MAX_PAYLOAD_BYTES = 1_000_000;

/** Unread messages that one inbox holds before senders are refused. */
export const MAX_UNREAD = 10_000;

/** Runs of one message before it goes to the dead letters. */
export const MAX_MESSAGE_ATTEMPTS = 3;

/** Times that a task is queued again before it stays failed, unless the task says otherwise. */
export const DEFAULT_MAX_RETRIES = 3;

/** Ids in one bucket of an index, so that no directory grows with the queue. */
export const BUCKET_SIZE = 250;

/** Transitions that a task's record keeps; older ones are in the journal only. */
export const MAX_HISTORY = 50;

/** Bytes of a reason inside a history entry; the whole reason is on the task. */
export const MAX_HISTORY_REASON_BYTES = 512;

/** Bytes of a context key as stored: percent-encoded UTF-8, one path segment. */
export const MAX_CONTEXT_KEY_BYTES = 255;

/** ms that a leased membership lasts without a command of its own. */
export const DEFAULT_LEASE_MS = 30 * 60_000;

/** Bytes of a reason, or of a title, inside a journal entry. */
export const MAX_JOURNAL_TEXT_BYTES = 2 * 1024;

/** Bytes that a new record leaves free, so that every later step of its life still fits. */
export const PAYLOAD_RESERVE_BYTES = 250_000;

/** Tasks that one task may wait for. */
export const MAX_DEPENDENCIES = 100;

/** Reports of former owners that a task's record keeps, the newest ones. */
export const MAX_LATE_REPORTS = 5;

/** Bytes, in UTF-8, kept of one late report. */
export const MAX_LATE_REPORT_BYTES = 16 * 1024;

/** Entries of one journal bucket before the next one is begun. */
export const JOURNAL_BUCKET_SIZE = 1_000;
