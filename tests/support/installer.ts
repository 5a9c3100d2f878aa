import { type ChildProcess, spawn } from "node:child_process";
import {
  accessSync,
  constants,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { delimiter, join, resolve } from "node:path";
import type { Ended } from "./command_shell.ts";
import { temporaryDirectory } from "./temporary_directory.ts";

export const INSTALLER = resolve(import.meta.dirname, "../../install.sh");

/** A program that runs scripts, its name for itself, and its first arguments. */
export interface ScriptShell {
  readonly program: string;
  readonly argv0?: string;
  readonly args?: readonly string[];
}

const EVERY_SHELL: Readonly<Record<string, ScriptShell>> = {
  dash: { program: "dash" },
  bash: { program: "bash" },
  "bash as sh": { program: "bash", argv0: "sh" },
  "bash --posix": { program: "bash", args: ["--posix"] },
  "busybox sh": { program: "busybox", args: ["sh"] },
};

/** The shells that the installer has to run under, as far as they are here, by name. */
export const SHELLS = Object.entries(EVERY_SHELL).filter(([, { program }]) => mayUse(program));

export interface InstallerOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** In place of the file: a script that is read from stdin. */
  readonly piped?: string | Uint8Array;
  readonly uid?: number;
}

export interface RunningInstaller {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
}

/** Somebody's home on a machine where nothing is installed, and the installer in it. */
export interface InstallerHome {
  readonly home: string;
  /** Where the executable goes by default. */
  readonly bin: string;
  start(args?: readonly string[], options?: InstallerOptions): RunningInstaller;
  run(args?: readonly string[], options?: InstallerOptions): Promise<Ended>;
}

/** Makes one for the running test; `name` is the home's own, `env` is added to every run. */
export function installerHome(
  shell: ScriptShell,
  env: Readonly<Record<string, string>>,
  name = "home",
): InstallerHome {
  const home = join(temporaryDirectory(), name);
  mkdirSync(home);
  const start = (args: readonly string[] = [], options: InstallerOptions = {}) => {
    const script = options.piped === undefined ? [INSTALLER] : ["-s", "--"];
    const child = spawn(shell.program, [...shell.args ?? [], ...script, ...args], {
      argv0: shell.argv0 ?? shell.program,
      env: {
        HOME: home,
        PATH: process.env["PATH"] ?? "",
        SHELL: "/bin/bash",
        ...env,
        ...options.env,
      },
      cwd: options.cwd ?? home,
      // A group of its own, for what Ctrl+C does.
      detached: true,
      ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
    });
    child.stdin.on("error", () => {}); // the shell may have left before it read all
    child.stdin.end(options.piped);
    return { child, ended: endOf(child) };
  };
  return { home, bin: join(home, ".local/bin"), start, run: (...args) => start(...args).ended };
}

async function endOf(child: ChildProcess): Promise<Ended> {
  const printed = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name]?.setEncoding("utf8").on("data", (text: string) => printed[name] += text);
  }
  const status = await new Promise<number>((ended, failed) => {
    child.on("error", failed).on("close", (status) => ended(status ?? -1));
  });
  return { status, ...printed };
}

/** What lies below a directory: path, mode, inode, time of the last change, target of a link. */
export function everythingBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: "utf8" }).sort().map((path) => {
    const whole = join(directory, path);
    const found = lstatSync(whole);
    const mode = (found.mode & 0o777).toString(8);
    if (found.isSymbolicLink()) return `${path} -> ${readlinkSync(whole)}`;
    // The installer works in a directory beside the executable, which that one's time shows.
    if (found.isDirectory()) return `${path}/ ${mode}`;
    return `${path} ${mode} ${found.ino} ${found.mtimeMs}`;
  });
}

/** What the installer needs of a system besides a way to download and one to verify. */
const SYSTEM = "cat chmod cp df getconf gzip ln mkdir mktemp mv readlink rm rmdir sed tar uname";

/**
 * A directory for a PATH of its own, with what the installer always needs and the programs that are
 * named (`wget=busybox` is one under another's name); `scripts` stand in for others.
 */
export function programs(names: string, scripts: Readonly<Record<string, string>> = {}): string {
  const directory = temporaryDirectory();
  for (const entry of `${SYSTEM} ${names}`.trim().split(" ")) {
    const [name = "", program = name] = entry.split("=");
    if (!(name in scripts)) symlinkSync(whichProgram(program), join(directory, name));
  }
  for (const [name, script] of Object.entries(scripts)) {
    writeFileSync(join(directory, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }
  return directory;
}

/** A directory for a PATH with nothing but busybox, which has no `getconf` and no `ldd`. */
export function busyboxPrograms(): string {
  const applets = SYSTEM.split(" ").filter((name) => name !== "getconf");
  const directory = temporaryDirectory();
  for (const name of [...applets, "busybox", "sha256sum", "wget"]) {
    symlinkSync(whichProgram("busybox"), join(directory, name));
  }
  return directory;
}

/** Whether a test that needs a program runs: where it is, and where everything has to be. */
export function mayUse(name: string): boolean {
  if (process.env["CI"] === "true") return true;
  try {
    return whichProgram(name) !== "";
  } catch (error) {
    console.warn(`Skipped: ${error}`);
    return false;
  }
}

/** Where the PATH has a program. Throws where it has none. */
export function whichProgram(name: string): string {
  for (const directory of (process.env["PATH"] ?? "").split(delimiter)) {
    try {
      accessSync(join(directory, name), constants.X_OK);
      return join(directory, name);
    } catch {
      // In the next one, perhaps.
    }
  }
  throw new Error(`The PATH has no ${name}`);
}
