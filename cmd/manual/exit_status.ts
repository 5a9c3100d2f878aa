import { EXIT_STATUS } from "../errors.ts";
import type { ErrorKind } from "../../src/domain/errors.ts";
import { bold, terms } from "./roff.ts";

const MEANINGS: Readonly<Record<ErrorKind, string>> = {
  failure: "It failed: a full disk, a damaged record, an agent or a git that is missing, a defect.",
  usage: "The command line, a value, a file or the configuration is wrong.",
  not_found: "What is named does not exist; of claim-task: there is nothing to claim.",
  conflict: "Somebody else has it, or its state does not allow it.",
  unreachable: "ZooKeeper cannot be reached, or the session was lost.",
  forbidden: "Not allowed, by ZooKeeper or by the file system.",
  timeout: "Timed out: --timeout, or the command's own limit, is over.",
  interrupted: "Interrupted by SIGINT or SIGTERM; what it had changed stands.",
};

/** Every status with its meaning, the smallest first. */
export function exitStatusTerms(): string[] {
  const rows = (Object.keys(MEANINGS) as ErrorKind[])
    .map((kind) => ({ status: EXIT_STATUS[kind], meaning: MEANINGS[kind] }))
    .sort((a, b) => a.status - b.status);
  return terms(
    [{ status: 0, meaning: "It succeeded; also when the reader of its output went away." }, ...rows]
      .map(({ status, meaning }) => [bold(String(status)), meaning] as const),
    5,
  );
}
