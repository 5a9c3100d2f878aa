import {
  DamagedStorageError,
  DirectoryInUseError,
  ForeignDirectoryError,
} from "../../src/coordinator/storage/directory_problem.ts";
import { StorageError } from "../../src/coordinator/storage.ts";
import { type ErrorCode, OrchestratorError } from "../../src/domain/errors.ts";
import { DiskError, type DiskFailure } from "../../src/platform/disk.ts";

const DISK_CODES: Partial<Record<DiskFailure, ErrorCode>> = {
  full: "DISK_FULL",
  refused: "PERMISSION_DENIED",
};

/** What went wrong with a data directory, as the product says it; any other error as it is. */
export function problemOf(error: unknown, dataDirectory: string): unknown {
  if (error instanceof DirectoryInUseError) {
    return new OrchestratorError("COORDINATOR_RUNNING", error.message, {
      hint: '"claude-orchestrator coordinator stop" ends it; another one needs another --data-dir',
      details: { pid: error.pid, data_dir: dataDirectory },
      cause: error,
    });
  }
  if (error instanceof ForeignDirectoryError) {
    return new OrchestratorError("PERMISSION_DENIED", error.message, {
      hint: "Choose a directory of your own with --data-dir or coordinator.data_dir",
      details: { data_dir: dataDirectory },
      cause: error,
    });
  }
  if (error instanceof DamagedStorageError) {
    return new OrchestratorError("CORRUPT_DATA", error.message, {
      hint: error.isRepairable
        ? '"claude-orchestrator coordinator repair" ends the log there, and keeps a copy of everything'
        : "Use the version of the program that has written it",
      details: { path: error.file, offset: error.offset },
      cause: error,
    });
  }
  if (error instanceof DiskError) {
    return new OrchestratorError(DISK_CODES[error.failure] ?? "IO_FAILED", error.message, {
      hint: "Check the disk and the owner of the directory",
      details: { path: error.path },
      cause: error,
    });
  }
  if (error instanceof StorageError) {
    return new OrchestratorError("IO_FAILED", error.message, {
      hint: "The coordinator stops rather than guess what is on disk; start it again",
      cause: error,
    });
  }
  return error;
}
