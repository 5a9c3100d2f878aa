import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import lock from "../../package-lock.json" with { type: "json" };
import manifest from "../../package.json" with { type: "json" };
import { temporaryDirectory } from "../support/temporary_directory.ts";

const root = resolve(import.meta.dirname, "../..");
const HOST = `${process.platform}-${process.arch}`;
const COMPLETIONS = {
  bash: "claude-orchestrator.bash",
  zsh: "_claude-orchestrator",
  fish: "claude-orchestrator.fish",
  powershell: "claude-orchestrator.ps1",
};

interface Released {
  readonly target: string;
  readonly archive: string;
  readonly executable: string;
  readonly executable_sha256: string;
  readonly tested: boolean;
  readonly tested_how: string;
}

const run = (program: string, ...args: string[]) =>
  execFileSync(program, args, { encoding: "utf8", maxBuffer: 2 ** 24 });
const sha256 = (path: string) => createHash("sha256").update(readFileSync(path)).digest("hex");

let made: string | undefined;
/** The release: one that is made of the dist at hand, or what `npm run release:check` names. */
let directory: string;
let release: { readonly targets: Released[]; readonly [field: string]: unknown };
let released: Released;
/** The unpacked archive of this platform. */
let unpacked: string;

beforeAll(() => {
  made = mkdtempSync(join(tmpdir(), "release-test-"));
  directory = process.env["RELEASE_DIRECTORY"] ?? join(made, "release");
  if (!existsSync(directory)) {
    const args = ["--built", "--targets", HOST, "--output", directory];
    run(process.execPath, join(root, "scripts/release.mjs"), ...args);
  }
  release = JSON.parse(readFileSync(join(directory, "release.json"), "utf8"));
  const here = release.targets.find(({ target }) => target === HOST);
  if (here === undefined) throw new Error(`The release has nothing for ${HOST}`);
  released = here;
  run("tar", "-xzf", join(directory, released.archive), "-C", made);
  unpacked = join(made, `claude-orchestrator-${HOST}`);
}, 240_000);
afterAll(() => {
  if (made !== undefined) rmSync(made, { recursive: true });
});

describe("a release", () => {
  test("holds archives, the npm package, the installer, and checksums of all of it", () => {
    const sums = readFileSync(join(directory, "SHA256SUMS"), "utf8").trimEnd().split("\n");
    const files = readdirSync(directory).sort();
    expect(files).toEqual([
      "SHA256SUMS",
      `claude-orchestrator-${manifest.version}.cdx.json`,
      `claude-orchestrator-${manifest.version}.tgz`,
      ...release.targets.map(({ target }) => `claude-orchestrator-${target}.tar.gz`).sort(),
      "install.sh",
      "release.json",
    ]);
    expect(sums).toEqual(
      files.filter((name) => name !== "SHA256SUMS")
        .map((name) => `${sha256(join(directory, name))}  ${name}`),
    );
  });

  test("says what it is made of, and which of it was run", () => {
    const node = JSON.parse(
      readFileSync(join(root, `node_modules/node-${HOST}/package.json`), "utf8"),
    );
    expect(release).toMatchObject({ version: manifest.version, node: node.version });
    expect(released).toMatchObject({ tested: true, executable: "claude-orchestrator" });
    for (const { target, tested, tested_how } of release.targets) {
      expect([target, tested]).toEqual([target, !tested_how.startsWith("not run")]);
    }
  });
});

describe("an archive", () => {
  test("has one directory with the executable, manual pages, completions and licences", () => {
    const listed = run("tar", "--numeric-owner", "-tvzf", join(directory, released.archive))
      .trimEnd().split("\n").map((line) => line.split(/\s+/));
    expect(new Set(listed.map(([, owner]) => owner))).toEqual(new Set(["0/0"]));
    const modes = new Map(listed.map(([mode, , , , , name]) => [name, mode]));
    const top = `claude-orchestrator-${HOST}`;
    expect(modes.get(`${top}/claude-orchestrator`)).toBe("-rwxr-xr-x");
    modes.delete(`${top}/claude-orchestrator`);
    expect(new Set(modes.values())).toEqual(new Set(["-rw-r--r--", "drwxr-xr-x"]));
    expect(listed.map(([, , , , , name]) => name)).toEqual(
      listed.map(([, , , , , name]) => name).toSorted(),
    );
    expect(readdirSync(unpacked).sort()).toEqual([
      ...["LICENSE", "README.md", "claude-orchestrator", "share"],
    ]);
    expect(readdirSync(join(unpacked, "share")).sort()).toEqual([
      ...["completions", "licenses", "man"],
    ]);
  });

  test("holds the executable that was tried", () => {
    const executable = join(unpacked, "claude-orchestrator");
    expect(sha256(executable)).toBe(released.executable_sha256);
    const { name, version, commit, node } = release;
    expect(JSON.parse(run(executable, "--version", "--output", "json"))).toMatchObject({
      ...{ name, version, commit },
      target: HOST,
      runtime: `node ${node}`,
    });
  });

  test("has the pages and completions of that very executable", () => {
    const pages = readdirSync(join(unpacked, "share/man/man1"));
    expect(pages).toContain("claude-orchestrator-push-task.1");
    expect(readFileSync(join(unpacked, "share/man/man1/claude-orchestrator.1"), "utf8"))
      .toContain(manifest.version);
    for (const [shell, name] of Object.entries(COMPLETIONS)) {
      expect(readFileSync(join(unpacked, "share/completions", name), "utf8"))
        .toBe(run(join(unpacked, "claude-orchestrator"), "completions", shell));
    }
    expect(readdirSync(join(unpacked, "share/completions")).sort())
      .toEqual(Object.values(COMPLETIONS).sort());
    expect(readdirSync(join(unpacked, "share/licenses"))).toEqual(
      expect.arrayContaining(["node.txt", "zod.txt"]),
    );
  });

  test("is the same whenever and wherever it is packed", () => {
    const pack = (mtime: number) => {
      const place = temporaryDirectory({ "b": "two", "a/c": "one" });
      utimesSync(join(place, "b"), mtime, mtime);
      const output = join(place, "packed.tar.gz");
      const files = [
        { name: "b", path: join(place, "b"), mode: 0o755 },
        { name: "a/c", path: join(place, "a/c"), mode: 0o644 },
      ];
      execFileSync(process.execPath, [join(root, "scripts/release/archive.mjs")], {
        input: JSON.stringify({ output, top: "top", mtime: 86_400, files }),
      });
      return output;
    };
    const [one, other] = [pack(1), pack(1_000_000)];
    expect(sha256(one)).toBe(sha256(other));
    expect(run("tar", "-tzf", one).split("\n")).toEqual(["top/", "top/a/", "top/a/c", "top/b", ""]);
    expect(run("tar", "-xzOf", one, "top/a/c", "top/b")).toBe("onetwo");
  });
});

describe("the bill of materials", () => {
  interface Component {
    readonly name: string;
    readonly version: string;
    readonly hashes?: { readonly content: string }[];
    readonly components?: Component[];
  }
  const components = (): Component[] =>
    JSON.parse(
      readFileSync(join(directory, `claude-orchestrator-${manifest.version}.cdx.json`), "utf8"),
    ).components;

  test("names what is bundled by version and checksum, and nothing that only builds", () => {
    const libraries = components().filter(({ name }) => name !== "node");
    expect(libraries.map(({ name }) => name)).toEqual([
      ...["ansi-regex", "get-east-asian-width", "string-width", "strip-ansi", "zod"],
    ]);
    const packages = new Map<string, { version?: string; integrity?: string; link?: boolean }>(
      Object.entries(lock.packages),
    );
    for (const { name, version, hashes } of libraries) {
      const locked = packages.get(`node_modules/${name}`);
      const digest = Buffer.from(hashes?.[0]?.content ?? "", "hex").toString("base64");
      expect([version, `sha512-${digest}`]).toEqual([locked?.version, locked?.integrity]);
    }
  });

  test("names Node, and the libraries in it", () => {
    const node = components().find(({ name }) => name === "node");
    expect(node?.version).toBe(release["node"]);
    const parts = node?.components?.map(({ name }) => name) ?? [];
    expect(parts).toEqual(expect.arrayContaining([`node-${HOST}`, "openssl", "v8", "zlib"]));
  });
});

test("a platform that there is no Node for is refused by its name", () => {
  const place = temporaryDirectory();
  const script = join(root, "scripts/release.mjs");
  const args = [script, "--targets", "plan9-x64", "--output", join(place, "release")];
  expect(() => execFileSync(process.execPath, args, { encoding: "utf8", stdio: "pipe" }))
    .toThrow(/Unknown target plan9-x64; there are linux-x64, /);
  expect(readdirSync(place)).toEqual([]);
});

test("the executable carries no symbols that only debuggers read", () => {
  const node = join(root, `node_modules/node-${HOST}/bin/node`);
  expect(statSync(join(unpacked, "claude-orchestrator")).size).toBeLessThan(statSync(node).size);
});
