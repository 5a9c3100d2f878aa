import { spawnSync } from "node:child_process";
import { onTestFinished } from "vitest";
import { temporaryDirectory } from "./temporary_directory.ts";

/** Why this user cannot mount a file system of his own; null where he can. */
export function whyNoMount(): string | null {
  const { status, stderr } = spawnSync("unshare", ["--mount", "true"], { encoding: "utf8" });
  return status === 0 ? null : `mounting is not allowed here (${(stderr ?? "").trim()})`;
}

/** An empty file system in memory of so many KiB, mounted for the running test. */
export function smallFileSystem(kib: number): string {
  const directory = temporaryDirectory();
  mount("mount", "-t", "tmpfs", "-o", `size=${kib}k,mode=0700`, "none", directory);
  onTestFinished(() => mount("umount", "--lazy", directory));
  return directory;
}

function mount(program: string, ...args: string[]): void {
  const { status, stderr } = spawnSync(program, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${program} failed: ${stderr}`);
}
