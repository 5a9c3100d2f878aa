import { type Disk, DiskError, type DiskFailure, type DiskFile, type DiskReader } from "../disk.ts";
import { SimulatedContent, type Survival } from "./simulated_content.ts";

/** Something that the disk is told to do, before it does it. */
export interface DiskOperation {
  readonly what:
    | "create"
    | "open"
    | "write"
    | "sync"
    | "truncate"
    | "rename"
    | "remove"
    | "sync_directory";
  readonly path: string;
  /** Of a write: how many. */
  readonly bytes: number;
}

/** How an operation fails; of a write, so many of its bytes still arrive. */
export interface DiskFault {
  readonly failure: DiskFailure;
  readonly written?: number;
}

/**
 * A disk in memory that keeps apart what was written and what was synced, contents and names alike. It
 * fails as `fault` says, and has as much room as `room` says. Directories are prefixes of paths.
 */
export class FaultyDisk implements Disk {
  uid = 1000;
  /** Owner of every directory. */
  owner = 1000;
  /** Bytes that all files together may have; a write beyond it is cut off there and fails. */
  room = Infinity;
  /** Asked before each operation. */
  fault: (operation: DiskOperation) => DiskFault | undefined = () => undefined;
  /** Every operation so far. */
  readonly operations: DiskOperation[] = [];
  readonly #directories = new Set<string>();
  #names = new Map<string, SimulatedContent>();
  /** Names as they were at the last sync of their directory, and each change since. */
  #durableNames = new Map<string, SimulatedContent>();
  #nameChanges: {
    readonly directory: string;
    apply(names: Map<string, SimulatedContent>): void;
  }[] = [];

  /** The disk as it is found after a loss of power, or after a kill (`everything`). */
  afterCrash(survival: Survival): FaultyDisk {
    const disk = new FaultyDisk();
    disk.uid = this.uid;
    disk.owner = this.owner;
    for (const each of this.#directories) disk.#directories.add(each);
    const names = new Map(this.#durableNames);
    let kept = this.#nameChanges.length;
    if (survival === "synced") kept = 0;
    // Names change through a journal: up to some moment, in order.
    else if (survival !== "everything") kept = Math.floor(survival.random() * (kept + 1));
    for (const change of this.#nameChanges.slice(0, kept)) change.apply(names);
    for (const [path, content] of names) disk.put(path, content.afterCrash(survival));
    return disk;
  }

  /** The bytes of a file. Throws where there is none. */
  bytesOf(path: string): Uint8Array {
    return this.#content(path, "read").current.slice();
  }

  /** Puts a file there, synced, as somebody's hand would. */
  put(path: string, bytes: Uint8Array): void {
    this.#directories.add(directoryOf(path));
    const content = new SimulatedContent(bytes);
    this.#names.set(path, content);
    this.#durableNames.set(path, content);
  }

  /** Paths of all files, sorted. */
  get files(): string[] {
    return [...this.#names.keys()].sort();
  }

  makeDirectory(path: string): Promise<void> {
    this.#directories.add(path);
    return Promise.resolve();
  }

  async status(path: string) {
    const content = this.#names.get(path);
    if (content) return { kind: "file", bytes: content.current.length, uid: this.owner } as const;
    return this.#directories.has(path)
      ? { kind: "directory", bytes: 0, uid: this.owner } as const
      : null;
  }

  async list(directory: string): Promise<string[]> {
    return this.files.filter((path) => directoryOf(path) === directory)
      .map((path) => path.slice(directory.length + 1));
  }

  async create(path: string): Promise<DiskFile> {
    this.#attempt({ what: "create", path, bytes: 0 });
    const there = this.#names.get(path);
    if (there !== undefined) {
      there.truncate(0);
      return this.#file(path, there);
    }
    const content = new SimulatedContent(new Uint8Array());
    this.#change(path, (names) => names.set(path, content));
    return this.#file(path, content);
  }

  async open(path: string): Promise<DiskFile> {
    this.#attempt({ what: "open", path, bytes: 0 });
    return this.#file(path, this.#content(path, "open"));
  }

  read(path: string): DiskReader {
    const { current } = this.#content(path, "read");
    return {
      bytes: current.length,
      read: (offset, length) => current.slice(offset, offset + length),
      close: () => {},
    };
  }

  async rename(from: string, to: string): Promise<void> {
    this.#attempt({ what: "rename", path: from, bytes: 0 });
    const content = this.#content(from, "rename");
    this.#change(from, (names) => {
      names.delete(from);
      names.set(to, content);
    });
  }

  async remove(path: string): Promise<void> {
    this.#attempt({ what: "remove", path, bytes: 0 });
    if (this.#names.has(path)) this.#change(path, (names) => names.delete(path));
  }

  async syncDirectory(path: string): Promise<void> {
    this.#attempt({ what: "sync_directory", path, bytes: 0 });
    for (const change of this.#nameChanges) {
      if (change.directory === path) change.apply(this.#durableNames);
    }
    this.#nameChanges = this.#nameChanges.filter(({ directory }) => directory !== path);
  }

  #file(path: string, content: SimulatedContent): DiskFile {
    return {
      write: async (offset, bytes) => {
        const fault = this.#attempted({ what: "write", path, bytes: bytes.length });
        const fitting = Math.max(0, this.room - this.#used() + content.current.length - offset);
        const count = Math.min(bytes.length, fault?.written ?? (fault ? 0 : Infinity), fitting);
        content.write(offset, bytes.slice(0, count));
        if (fault !== undefined) throw failed(fault.failure, "write", path);
        if (count < bytes.length) throw failed("full", "write", path);
      },
      sync: async () => {
        this.#attempt({ what: "sync", path, bytes: 0 });
        content.sync();
      },
      truncate: async (bytes) => {
        this.#attempt({ what: "truncate", path, bytes: 0 });
        content.truncate(bytes);
      },
      close: async () => {},
    };
  }

  #attempted(operation: DiskOperation): DiskFault | undefined {
    this.operations.push(operation);
    return this.fault(operation);
  }

  #attempt(operation: DiskOperation): void {
    const fault = this.#attempted(operation);
    if (fault !== undefined) throw failed(fault.failure, operation.what, operation.path);
  }

  #used(): number {
    return [...this.#names.values()].reduce((sum, { current }) => sum + current.length, 0);
  }

  #content(path: string, action: string): SimulatedContent {
    const content = this.#names.get(path);
    if (content === undefined) throw failed("missing", action, path);
    return content;
  }

  #change(path: string, apply: (names: Map<string, SimulatedContent>) => void): void {
    apply(this.#names);
    this.#nameChanges.push({ directory: directoryOf(path), apply });
  }
}

function directoryOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}

function failed(failure: DiskFailure, action: string, path: string): DiskError {
  return new DiskError(failure, path, `Cannot ${action} "${path}": ${failure}, as simulated`);
}
