import {
  close,
  closeSync,
  fdatasync,
  fstatSync,
  fsync,
  ftruncate,
  openSync,
  readSync,
  type Stats,
  write,
  writeSync,
} from "node:fs";
import { mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import process from "node:process";
import {
  type Disk,
  DiskError,
  type DiskFailure,
  type DiskFile,
  type DiskReader,
  type DiskStatus,
} from "../disk.ts";

const DIRECTORY_MODE = 0o700;
const FILE_MODE = 0o600;

/**
 * Bytes up to which a write is made at once: it goes into the system's memory in a few
 * microseconds, while the way through the pool of threads costs 50 of them, which every commit of a
 * lone client would wait for.
 */
const AT_ONCE_BYTES = 64 * 1024;

const FAILURES: Readonly<Record<string, DiskFailure>> = {
  ENOSPC: "full",
  EDQUOT: "full",
  // A limit of the process or of the file system on the size of one file.
  EFBIG: "full",
  EACCES: "refused",
  EPERM: "refused",
  EROFS: "refused",
  ENOENT: "missing",
  ENOTDIR: "missing",
  EEXIST: "exists",
};

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: "no space left on the device",
  EDQUOT: "the disk quota is used up",
  EFBIG: "the file may not grow any more",
  EACCES: "permission denied",
  EPERM: "operation not permitted",
  EROFS: "the file system is read-only",
  ENOENT: "no such file or directory",
  EIO: "input/output error",
};

function failure(action: string, path: string, error: unknown): DiskError {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const reason = REASONS[code] ?? (error instanceof Error ? error.message : String(error));
  return new DiskError(FAILURES[code] ?? "io", path, `Cannot ${action} "${path}": ${reason}`, {
    cause: error,
  });
}

async function attempt<T>(action: string, path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw failure(action, path, error);
  }
}

function attemptNow<T>(action: string, path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw failure(action, path, error);
  }
}

/** Runs a call of `node:fs` that tells its end by a callback. */
function called(
  action: string,
  path: string,
  start: (done: (error: Error | null) => void) => void,
): Promise<void> {
  return new Promise((resolve, reject) =>
    start((error) => error === null ? resolve() : reject(failure(action, path, error)))
  );
}

class NodeDiskFile implements DiskFile {
  readonly #path: string;
  readonly #descriptor: number;

  constructor(path: string, descriptor: number) {
    this.#path = path;
    this.#descriptor = descriptor;
  }

  async write(offset: number, bytes: Uint8Array): Promise<void> {
    // A system may take less than it is given, as right before the disk is full.
    for (let done = 0; done < bytes.length;) {
      done += await this.#writeSome(offset + done, bytes.subarray(done));
    }
  }

  #writeSome(offset: number, bytes: Uint8Array): Promise<number> | number {
    if (bytes.length <= AT_ONCE_BYTES) {
      return attemptNow(
        "write",
        this.#path,
        () => writeSync(this.#descriptor, bytes, 0, bytes.length, offset),
      );
    }
    return new Promise((resolve, reject) =>
      write(
        this.#descriptor,
        bytes,
        0,
        bytes.length,
        offset,
        (error, count) =>
          error === null ? resolve(count) : reject(failure("write", this.#path, error)),
      )
    );
  }

  sync(): Promise<void> {
    return called("sync", this.#path, (done) => fdatasync(this.#descriptor, done));
  }

  truncate(bytes: number): Promise<void> {
    return called("shorten", this.#path, (done) => ftruncate(this.#descriptor, bytes, done));
  }

  close(): Promise<void> {
    return called(
      "close",
      this.#path,
      (done) => close(this.#descriptor, (error) => done(error ?? null)),
    );
  }
}

class NodeDiskReader implements DiskReader {
  readonly bytes: number;
  readonly #path: string;
  readonly #descriptor: number;

  constructor(path: string) {
    this.#path = path;
    this.#descriptor = attemptNow("open", path, () => openSync(path, "r"));
    this.bytes = attemptNow("look at", path, () => fstatSync(this.#descriptor).size);
  }

  read(offset: number, length: number): Uint8Array {
    const bytes = new Uint8Array(Math.max(0, Math.min(length, this.bytes - offset)));
    let done = 0;
    while (done < bytes.length) {
      const count = attemptNow(
        "read",
        this.#path,
        () => readSync(this.#descriptor, bytes, done, bytes.length - done, offset + done),
      );
      if (count === 0) break;
      done += count;
    }
    return bytes.subarray(0, done);
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

function kindOf(stats: Stats): DiskStatus["kind"] {
  return stats.isFile() ? "file" : stats.isDirectory() ? "directory" : "other";
}

function openFile(path: string, flags: "w" | "r+"): Promise<DiskFile> {
  return attempt(
    "open",
    path,
    async () => new NodeDiskFile(path, openSync(path, flags, FILE_MODE)),
  );
}

/** The machine's disk. Where a file system cannot sync directories, names are as safe as it makes them. */
export const nodeDisk: Disk = {
  get uid() {
    return process.getuid?.() ?? 0;
  },
  makeDirectory: (path) =>
    attempt("make the directory", path, async () => {
      await mkdir(path, { recursive: true, mode: DIRECTORY_MODE });
    }),
  status: async (path) => {
    try {
      const stats = await stat(path);
      return { kind: kindOf(stats), bytes: stats.size, uid: stats.uid };
    } catch (error) {
      const known = failure("look at", path, error);
      if (known.failure === "missing") return null;
      throw known;
    }
  },
  list: (directory) => attempt("list", directory, async () => (await readdir(directory)).sort()),
  create: (path) => openFile(path, "w"),
  open: (path) => openFile(path, "r+"),
  read: (path) => new NodeDiskReader(path),
  rename: (from, to) => attempt("rename", from, () => rename(from, to)),
  remove: (path) => attempt("remove", path, () => rm(path, { force: true })),
  syncDirectory: async (path) => {
    const descriptor = attemptNow("open", path, () => openSync(path, "r"));
    try {
      await called(
        "sync",
        path,
        (done) => fsync(descriptor, (error) => done(error?.code === "EINVAL" ? null : error)),
      );
    } finally {
      closeSync(descriptor);
    }
  },
};
