import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { freePorts } from "../support/free_port.ts";
import {
  everythingBelow,
  INSTALLER,
  installerHome,
  programs,
  whichProgram,
} from "../support/installer.ts";
import { HERE, packRelease, type ReleaseFiles } from "../support/release_files.ts";
import { releaseServer } from "../support/release_server.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";
import { EXECUTABLE } from "../support/worker_process.ts";

const DASH = { program: whichProgram("dash") };
let release: ReleaseFiles;

beforeAll(() => {
  release = packRelease("0.1.0", { targets: [HERE] });
});

const said = (text: string) => expect.stringContaining(text);

/** A server with one version, and a home of that name that knows it. */
async function prepared(env: Readonly<Record<string, string>> = {}, name = "home") {
  const server = await releaseServer();
  server.add("0.1.0", release);
  return { server, ...installerHome(DASH, { BASE_URL: server.url, ...env }, name) };
}

/** A directory with the files of a release, as a mirror keeps them. */
function mirror(path: string): string {
  const directory = join(temporaryDirectory(), "a mirror");
  mkdirSync(join(directory, path), { recursive: true });
  for (const [name, bytes] of release) writeFileSync(join(directory, path, name), bytes);
  return directory;
}

describe("settings", () => {
  test.each<[string, string[], Record<string, string>, string]>([
    ["an unknown option", ["--frobnicate"], {}, "Unknown option"],
    ["an option without its value", ["--version"], {}, "names no version"],
    ["a path as the version", [], { VERSION: "../../0.1.0" }, "VERSION must be like 0.1.0"],
    ["an address as the version", ["--version=0.1.0/../../x"], {}, "VERSION must be like 0.1.0"],
    ["two lines as the version", [], { VERSION: "0.1.0\n0.1.0" }, "VERSION must be like 0.1.0"],
    ["a word as the version", [], { VERSION: "newest" }, "VERSION must be like 0.1.0"],
    ["half a version", [], { VERSION: "0.1" }, "VERSION must be like 0.1.0"],
    ["an empty directory", [], { INSTALL_DIR: "" }, "INSTALL_DIR is empty"],
    ["a directory with a colon", [], { INSTALL_DIR: "/tmp/a:b" }, "a colon"],
    ["a directory below ~", [], { INSTALL_DIR: "~/bin" }, "begins with ~"],
    ["no home", [], { HOME: "" }, "HOME is not set"],
    ["no address", [], { BASE_URL: "" }, "BASE_URL is needed"],
    ["http elsewhere", [], { BASE_URL: "http://example.org" }, "BASE_URL cannot be used"],
    [
      "a name that only begins so",
      [],
      { BASE_URL: "http://localhost.example.org" },
      "BASE_URL cannot",
    ],
    ["a user of that name", [], { BASE_URL: "http://localhost@example.org" }, "BASE_URL cannot"],
    ["a password", [], { BASE_URL: "http://localhost:1@example.org" }, "BASE_URL cannot"],
    ["a question", [], { BASE_URL: "http://127.0.0.1?@example.org/" }, "BASE_URL cannot"],
    ["ftp", [], { BASE_URL: "ftp://localhost/" }, "BASE_URL cannot"],
    ["a space", [], { BASE_URL: "https://example.org/a b" }, "BASE_URL cannot"],
  ])("%s is refused", async (_what, args, env, message) => {
    const { server, home, run } = await prepared();
    expect(await run(args, { env })).toMatchObject({ status: 2, stderr: said(message) });
    expect(server.asked).toEqual([]);
    expect(everythingBelow(home)).toEqual([]);
  });

  test("--help says what there is, and does nothing", async () => {
    const { home, run } = await prepared();
    const { status, stdout, stderr } = await run(["--uninstall", "--help"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    for (const name of ["--version", "--no-extras", "--uninstall", "INSTALL_DIR", "BASE_URL"]) {
      expect(stdout).toContain(name);
    }
    expect(everythingBelow(home)).toEqual([]);
  });

  test.each<[string, string[], Record<string, string>]>([
    ["the variable", [], { VERSION: "v0.1.0" }],
    ["an option", ["--version", "0.1.0"], {}],
    ["an option before the variable", ["--version=v0.1.0"], { VERSION: "7.7.7" }],
  ])("a version is named by %s", async (_what, args, env) => {
    const { server, run } = await prepared();
    server.add("0.2.0", packRelease("0.2.0", { targets: [HERE] }));
    expect(await run(args, { env })).toMatchObject({ status: 0, stderr: "" });
    expect(server.asked[0]).toBe("/download/v0.1.0/SHA256SUMS");
  });

  test("a release's own copy knows its address, unless another is given", async () => {
    const { server, run } = await prepared();
    const written = `RELEASE_BASE_URL='${server.url}'`;
    const piped = readFileSync(INSTALLER, "utf8").replace(/^RELEASE_BASE_URL=''$/m, written);
    expect(await run([], { piped, env: { BASE_URL: "" } })).toMatchObject({
      status: 0,
      stderr: "",
    });
    expect(await run([], { piped, env: { BASE_URL: "file:///nowhere" } }))
      .toMatchObject({ status: 3, stderr: said("at file:///nowhere") });
  });

  test("releases may lie in a directory", async () => {
    const BASE_URL = `file://${mirror("download/v0.1.0")}`;
    const { run } = await prepared({ BASE_URL, PATH: programs("sha256sum") });
    expect(await run(["--version", "0.1.0"])).toMatchObject({ status: 0, stderr: "" });
    expect(await run()).toMatchObject({ status: 3, stderr: said("There is no release") });
  });

  test.each<[string, string[], Record<string, string>]>([
    ["--no-extras", ["--no-extras"], {}],
    ["NO_EXTRAS", [], { NO_EXTRAS: "1" }],
  ])("%s leaves out, and takes away, all but the executable", async (_what, args, env) => {
    const { home, run } = await prepared();
    expect(await run()).toMatchObject({ status: 0 });
    expect(everythingBelow(home).join("\n")).toContain("man1");
    expect(await run(args, { env })).toMatchObject({ status: 0, stderr: "" });
    const files = everythingBelow(home).filter((line) => !line.includes("/ 755"));
    expect(files.map((line) => line.split(" ")[0])).toEqual([
      ".local/bin/.claude-orchestrator.receipt",
      ".local/bin/cco",
      ".local/bin/claude-orchestrator",
    ]);
    expect(await run(["--uninstall"])).toMatchObject({ status: 0, stderr: "" });
    expect(everythingBelow(home)).toEqual([]);
  });
});

describe("places", () => {
  test("may have spaces, quotes and other letters, and be relative", async () => {
    const { home, run } = await prepared({ XDG_DATA_HOME: "relative" }, "Zoë's $home");
    const directory = join(home, "in here", "bin");
    const ended = await run([], { env: { INSTALL_DIR: "in here//bin/" } });
    expect(ended).toMatchObject({ status: 0, stdout: said(` in ${directory}\n`), stderr: "" });
    expect(everythingBelow(home).join("\n")).toContain(".local/share/man/man1");
    // The hint is a line to be typed as it is.
    const hint = ended.stdout.split("\n").find((line) => line.startsWith("  export ")) ?? "";
    const typed = `${hint}\nclaude-orchestrator --version; cco --version`;
    const shown = execFileSync("dash", ["-c", typed], { encoding: "utf8" });
    expect(shown.match(/^claude-orchestrator 0\.1\.0/gm)).toHaveLength(2);
    const uninstalled = await run(["--uninstall"], { env: { INSTALL_DIR: "in here/bin" } });
    expect(uninstalled).toMatchObject({ status: 0, stderr: "" });
    expect(everythingBelow(home)).toEqual([]);
  });

  test.each([
    ["/bin/bash", "here and in ~/.bashrc", "export PATH="],
    ["/usr/bin/zsh", "fpath=(", "export PATH="],
    ["/usr/bin/fish", "To add it", "fish_add_path "],
    ["/bin/ksh", "here and in ~/.profile", "export PATH="],
  ])("missing from the PATH are shown as %s wants it", async (SHELL, place, line) => {
    const { run, bin } = await prepared({ SHELL });
    const { stdout } = await run();
    expect(stdout).toContain(place);
    expect(stdout).toContain(`  ${line}${bin}`);
  });

  test("in the PATH need no hint, unless another one comes first", async () => {
    const { run, bin } = await prepared();
    const PATH = `${bin}:${process.env["PATH"] ?? ""}`;
    const { stdout } = await run([], { env: { PATH } });
    expect(stdout).not.toContain("PATH");
    const other = programs("", { "claude-orchestrator": "echo other" });
    expect(await run([], { env: { PATH: `${other}:${PATH}` } })).toMatchObject({
      status: 0,
      stdout: said(`Another one comes first in your PATH: ${other}/claude-orchestrator`),
    });
  });

  test("that may not be written to are refused, and nothing is asked for", async () => {
    const { server, run } = await prepared();
    const directory = temporaryDirectory();
    chmodSync(directory, 0o555);
    const options = process.getuid?.() === 0 ? { uid: 65_534 } : {};
    for (const INSTALL_DIR of [directory, join(directory, "new/bin")]) {
      const ended = await run([], { ...options, cwd: "/", env: { INSTALL_DIR } });
      expect(ended).toMatchObject({ status: 6, stderr: said("may not be written to") });
    }
    expect(server.asked).toEqual([]);
    expect(everythingBelow(directory)).toEqual([]);
  });

  test("have the same modes under any umask", async () => {
    const { home, run } = await prepared();
    const piped = `umask 077\n${readFileSync(INSTALLER, "utf8")}`;
    expect(await run([], { piped })).toMatchObject({ status: 0, stderr: "" });
    const modes = everythingBelow(home).filter((line) => !line.includes(" -> "))
      .map((line) => line.split(" ")[1]);
    expect(new Set(modes)).toEqual(new Set(["755", "644"]));
  });
});

describe("what is there already", () => {
  test("is not replaced where it is not a file", async () => {
    const { home, bin, run } = await prepared();
    mkdirSync(bin, { recursive: true });
    symlinkSync("/elsewhere", join(bin, "claude-orchestrator"));
    const before = everythingBelow(home);
    expect(await run()).toMatchObject({ status: 1, stderr: said("is no plain file") });
    expect(await run(["--uninstall"])).toMatchObject({
      status: 0,
      stdout: said("is not installed"),
    });
    expect(everythingBelow(home)).toEqual(before);
  });

  test("keeps the short name", async () => {
    const { bin, run } = await prepared();
    mkdirSync(bin, { recursive: true });
    writeFileSync(join(bin, "cco"), "mine");
    expect(await run()).toMatchObject({ status: 0, stderr: said("the short name is left out") });
    expect(await run(["--uninstall"])).toMatchObject({ status: 0, stderr: "" });
    expect(everythingBelow(bin).map((line) => line.split(" ")[0])).toEqual(["cco"]);
    expect(readFileSync(join(bin, "cco"), "utf8")).toBe("mine");
  });

  test("and was installed by hand is replaced, but not removed", async () => {
    const { bin, run } = await prepared();
    mkdirSync(bin, { recursive: true });
    writeFileSync(join(bin, "claude-orchestrator"), "by hand");
    expect(await run(["--uninstall"])).toMatchObject({ status: 3, stderr: said("and stays") });
    expect(readFileSync(join(bin, "claude-orchestrator"), "utf8")).toBe("by hand");
    expect(await run()).toMatchObject({ status: 0, stderr: "" });
  });

  test("and was damaged is mended, and changed pages are left alone at the end", async () => {
    const { home, bin, run } = await prepared();
    await run();
    rmSync(join(bin, "cco"));
    appendFileSync(join(bin, "claude-orchestrator"), "damage");
    expect(await run()).toMatchObject({ status: 0, stdout: said("Installed"), stderr: "" });
    expect(execFileSync(join(bin, "cco"), ["--version"], { encoding: "utf8" })).toMatch(/0\.1\.0/);
    const page = join(home, ".local/share/man/man1/claude-orchestrator.1");
    appendFileSync(page, "a note");
    mkdirSync(join(home, ".claude-orchestrator"));
    expect(await run(["--uninstall"])).toEqual({
      status: 0,
      stdout: said(`stay in ${home}/.claude-orchestrator`),
      stderr: `install.sh: Left as it is, because it was changed since it was installed: ${page}\n`,
    });
    expect(readFileSync(page, "utf8")).toMatch(/a note$/);
  });

  test("where pages go may not be writable: the executable is installed all the same", async () => {
    const { home, run } = await prepared();
    writeFileSync(join(home, "file"), "");
    const ended = await run([], { env: { XDG_DATA_HOME: join(home, "file") } });
    expect(ended).toMatchObject({ status: 0, stderr: said("Could not be written") });
    expect(execFileSync(join(home, ".local/bin/cco"), ["--version"], { encoding: "utf8" }))
      .toMatch(/0\.1\.0/);
  });
});

test("the executable that is shipped is installed, and replaced while it serves", {
  timeout: 120_000,
}, async () => {
  const { server, home, bin, run } = await prepared();
  server.add(
    manifest.version,
    packRelease(manifest.version, { file: EXECUTABLE, targets: [HERE] }),
  );
  expect(await run()).toMatchObject({ status: 0, stderr: "" });
  const [port = 0] = await freePorts(1);
  const env = {
    HOME: home,
    CLAUDE_ORCHESTRATOR_COORDINATOR_PORT: String(port),
    CLAUDE_ORCHESTRATOR_COORDINATOR_DATA_DIR: join(home, "data"),
  };
  const serving = spawn(join(bin, "cco"), ["coordinator", "start", "--foreground"], { env });
  onTestFinished(() => void serving.kill());
  const gone = once(serving, "exit");
  const serves = once(createInterface(serving.stdout), "line"); // of a JSON document
  expect(await Promise.race([serves, gone])).toEqual(["{"]);
  server.add("9.0.0", packRelease("9.0.0", { targets: [HERE] }));
  expect(await run()).toMatchObject({
    status: 0,
    stdout: said(`Installed claude-orchestrator 9.0.0 in ${bin} in place of ${manifest.version}`),
    stderr: "",
  });
  const status = execFileSync(EXECUTABLE, ["coordinator", "status"], { env, encoding: "utf8" });
  expect(JSON.parse(status)).toMatchObject({ status: "serving", pid: serving.pid });
  serving.kill();
  await gone;
});
