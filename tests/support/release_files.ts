import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A release as its build leaves it: the name of each file, and its bytes. */
export type ReleaseFiles = ReadonlyMap<string, Uint8Array>;

export const TARGETS = ["linux-x64", "linux-arm64", "darwin-arm64", "darwin-x64"] as const;

/** The target of the machine that runs the tests. */
export const HERE = `${process.platform}-${process.arch}`;

export const archiveOf = (target: string) => `claude-orchestrator-${target}.tar.gz`;

const COMPLETIONS = [
  "claude-orchestrator.bash",
  "_claude-orchestrator",
  "claude-orchestrator.fish",
  "claude-orchestrator.ps1",
];

/** Stands for the executable: says a version, and waits on stdin where it is told to. */
export const fakeExecutable = (version: string) =>
  `#!/bin/sh
case "$1" in
  --version) echo "claude-orchestrator ${version} (0123456789ab, 2026-01-01) node 24.21.0 fake" ;;
  wait) echo "waiting"; read -r line; echo "still ${version}" ;;
esac
`;

/**
 * A release with an archive for each target: of a fake executable, of another script, or of a file.
 */
export function packRelease(
  version: string,
  options: {
    readonly script?: string;
    readonly file?: string;
    readonly targets?: readonly string[];
    /** Names of man pages, without their section. */
    readonly pages?: readonly string[];
  } = {},
): ReleaseFiles {
  const directory = mkdtempSync(join(tmpdir(), "release-"));
  const files = new Map<string, Uint8Array>();
  try {
    for (const target of options.targets ?? TARGETS) {
      const top = join(directory, `claude-orchestrator-${target}`);
      fillDirectory(top, version, options);
      files.set(archiveOf(target), pack(directory, `claude-orchestrator-${target}`));
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
  return files.set("SHA256SUMS", new TextEncoder().encode(checksums(files)));
}

function fillDirectory(top: string, version: string, options: Parameters<typeof packRelease>[1]) {
  mkdirSync(join(top, "share/man/man1"), { recursive: true });
  mkdirSync(join(top, "share/completions"));
  const executable = join(top, "claude-orchestrator");
  if (options?.file) execFileSync("cp", [options.file, executable]);
  else writeFileSync(executable, options?.script ?? fakeExecutable(version));
  chmodSync(executable, 0o755);
  for (const name of ["LICENSE", "README.md"]) writeFileSync(join(top, name), name);
  for (const page of options?.pages ?? ["claude-orchestrator", "claude-orchestrator-leader"]) {
    writeFileSync(join(top, `share/man/man1/${page}.1`), `.TH ${page} 1 ${version}\n`);
  }
  for (const name of COMPLETIONS) {
    writeFileSync(join(top, "share/completions", name), `# ${name} ${version}\n`);
  }
}

function pack(directory: string, name: string): Uint8Array {
  const archive = join(directory, "archive");
  // Fast rather than small: an executable of 120 MB is packed here too.
  execFileSync("tar", ["-I", "gzip -1", "-cf", archive, "-C", directory, name]);
  return readFileSync(archive);
}

function checksums(files: ReleaseFiles): string {
  return [...files].map(([name, bytes]) =>
    `${createHash("sha256").update(bytes).digest("hex")}  ${name}\n`
  ).join("");
}
