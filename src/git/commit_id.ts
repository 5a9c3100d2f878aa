declare const brand: unique symbol;

/** The whole name of a commit, in SHA-1 or SHA-256. */
export type CommitId = string & { readonly [brand]: "CommitId" };

/** A commit's name as another process told it; null for whatever is none, so that it can be no option. */
export function parseCommitId(text: string | null | undefined): CommitId | null {
  return text !== null && text !== undefined && /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(text)
    ? text as CommitId
    : null;
}
