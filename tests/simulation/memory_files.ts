import { dirname } from "node:path";
import type { Files, FileStatus } from "../../src/platform/files.ts";

interface MemoryFile {
  readonly text: string;
  readonly mode: number;
}

/** The files of one machine, in memory: they outlive its processes. Every directory is there. */
export class MemoryFiles implements Files {
  readonly #files = new Map<string, MemoryFile>();

  read(path: string): string | null {
    return this.#files.get(path)?.text ?? null;
  }

  status(path: string): FileStatus {
    const file = this.#files.get(path);
    const kind = file === undefined ? "directory" : "file";
    return { kind, mode: file?.mode ?? 0o700, uid: 1000, bytes: 0, modifiedAt: 0 };
  }

  list(path: string): string[] {
    return [...this.#files.keys()].filter((name) => dirname(name) === path)
      .map((name) => name.slice(path.length + 1)).sort();
  }

  makeDirectory(): void {}

  replace(path: string, text: string, mode: number): void {
    this.#files.set(path, { text, mode });
  }

  createNew(path: string, text: string, mode: number): boolean {
    if (this.#files.has(path)) return false;
    this.replace(path, text, mode);
    return true;
  }

  append(path: string, text: string, mode: number): void {
    this.replace(path, (this.read(path) ?? "") + text, mode);
  }

  rename(from: string, to: string): boolean {
    const file = this.#files.get(from);
    if (file === undefined) return false;
    this.#files.delete(from);
    this.#files.set(to, file);
    return true;
  }

  remove(path: string): void {
    this.#files.delete(path);
  }

  freeBytes(): number {
    return 1e12;
  }

  writable(): boolean {
    return true;
  }
}
