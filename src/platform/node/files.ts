import {
  accessSync,
  appendFileSync,
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statfsSync,
  type Stats,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { type ErrorCode, OrchestratorError } from "../../domain/errors.ts";
import type { Files, FileStatus } from "../files.ts";

const REFUSED = ["EACCES", "EPERM", "EROFS"];
const FULL = ["ENOSPC", "EDQUOT"];

const REASONS: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EPERM: "operation not permitted",
  EROFS: "the file system is read-only",
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  ENOTDIR: "a parent is not a directory",
  EISDIR: "it is a directory",
  ELOOP: "too many links",
  ENAMETOOLONG: "the name is too long",
};

const HINTS: Partial<Record<ErrorCode, string>> = {
  PERMISSION_DENIED: "Check the owner and the permissions of the file and of its directory",
  DISK_FULL: "Free some space; the file is as it was before",
};

const MISSING_IS_UNDEFINED = { throwIfNoEntry: false } as const;

function systemCode(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

/** Turns the system's error into the product's, with what was attempted. */
function failure(action: string, path: string, error: unknown): OrchestratorError {
  const system = systemCode(error);
  const code: ErrorCode = REFUSED.includes(system)
    ? "PERMISSION_DENIED"
    : FULL.includes(system)
    ? "DISK_FULL"
    : "IO_FAILED";
  const reason = REASONS[system] ?? (error instanceof Error ? error.message : String(error));
  const hint = HINTS[code];
  return new OrchestratorError(code, `Cannot ${action} "${path}": ${reason}`, {
    ...(hint === undefined ? {} : { hint }),
    details: { path, system_code: system },
    cause: error,
  });
}

function attempt<T>(action: string, path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw failure(action, path, error);
  }
}

/** As `attempt`, with null where the path does not exist. */
function attemptExisting<T>(action: string, path: string, work: () => T): T | null {
  try {
    return work();
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(systemCode(error))) return null;
    throw failure(action, path, error);
  }
}

function kindOf(stats: Stats): FileStatus["kind"] {
  return stats.isFile() ? "file" : stats.isDirectory() ? "directory" : "other";
}

/** The path itself or, where it is a link, what it leads to. */
function target(path: string): string {
  return attemptExisting("resolve", path, () => realpathSync(path)) ?? path;
}

function nearestExisting(path: string): string {
  let at = path;
  while (!existsSync(at) && dirname(at) !== at) at = dirname(at);
  return at;
}

function writeSynced(path: string, text: string, mode: number): void {
  const descriptor = openSync(path, "wx", mode);
  try {
    writeFileSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Makes a rename durable. Some file systems refuse to sync a directory: the rename stands anyway. */
function syncDirectory(path: string): void {
  try {
    const descriptor = openSync(path, "r");
    try {
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return;
  }
}

function makeAll(path: string, mode?: number): void {
  try {
    mkdirSync(path, { recursive: true, ...(mode === undefined ? {} : { mode }) });
  } catch (error) {
    // Node says so too where the file system is read-only; asked for one directory, it says that.
    if (systemCode(error) === "ENOENT") mkdirSync(path);
    throw error;
  }
}

function replaceWhole(path: string, text: string, mode: number): void {
  makeAll(dirname(path));
  const temporary = join(dirname(path), `.${basename(path)}.${crypto.randomUUID()}.tmp`);
  try {
    writeSynced(temporary, text, mode);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  syncDirectory(dirname(path));
}

/** The machine's file system. */
export const nodeFiles: Files = {
  read: (path) => {
    // Asked first, because most often it is not there, and an exception costs more than a question.
    const text = attemptExisting(
      "read",
      path,
      () => statSync(path, MISSING_IS_UNDEFINED) && readFileSync(path, "utf8"),
    ) ?? null;
    return text?.startsWith("\uFEFF") ? text.slice(1) : text;
  },
  status: (path) =>
    attemptExisting("look at", path, () => {
      const stats = statSync(path, MISSING_IS_UNDEFINED);
      return stats === undefined ? null : {
        kind: kindOf(stats),
        mode: stats.mode & 0o7777,
        uid: stats.uid,
        bytes: stats.size,
        modifiedAt: stats.mtimeMs,
      };
    }),
  list: (path) => attemptExisting("list", path, () => readdirSync(path).sort()) ?? [],
  makeDirectory: (path, mode) => attempt("make the directory", path, () => makeAll(path, mode)),
  replace: (path, text, mode) =>
    attempt("write", path, () => replaceWhole(target(path), text, mode)),
  createNew: (path, text, mode) => {
    attempt("make the directory", dirname(path), () => makeAll(dirname(path)));
    try {
      writeSynced(path, text, mode);
      return true;
    } catch (error) {
      if (systemCode(error) === "EEXIST") return false;
      rmSync(path, { force: true });
      throw failure("write", path, error);
    }
  },
  append: (path, text, mode) => {
    attempt("make the directory", dirname(path), () => makeAll(dirname(path)));
    attempt("write", path, () => appendFileSync(path, text, { mode }));
  },
  rename: (from, to) =>
    attemptExisting("rename", from, () => {
      renameSync(from, to);
      return true;
    }) ?? false,
  remove: (path) => attempt("remove", path, () => rmSync(path, { force: true })),
  freeBytes: (path) =>
    attempt("measure the free space of", path, () => {
      const space = statfsSync(nearestExisting(path));
      return space.bavail * space.bsize;
    }),
  writable: (path) => {
    try {
      accessSync(nearestExisting(path), constants.W_OK | constants.X_OK);
      return true;
    } catch {
      return false;
    }
  },
};
