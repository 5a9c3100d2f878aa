import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import { join } from "node:path";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { makeCertificates } from "../support/certificates.ts";
import {
  busyboxPrograms,
  everythingBelow,
  INSTALLER,
  installerHome,
  mayUse,
  programs,
  whichProgram,
} from "../support/installer.ts";
import { archiveOf, HERE, packRelease, type ReleaseFiles } from "../support/release_files.ts";
import { releaseServer } from "../support/release_server.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";

const DASH = { program: whichProgram("dash") };
/** GNU's, and busybox's under the same name. */
const WGETS = [["wget"], ["wget=busybox"]].filter(([name = ""]) =>
  mayUse(name.replace("wget=", ""))
);
const ARCHIVE = archiveOf(HERE);
let release: ReleaseFiles;

beforeAll(() => {
  release = packRelease("0.1.0");
});

const said = (text: string) => expect.stringContaining(text);

/** A server with one version, and a home that knows it. */
async function prepared(files: ReleaseFiles = release) {
  const server = await releaseServer();
  server.add("0.1.0", files);
  return { server, ...installerHome(DASH, { BASE_URL: server.url }) };
}

const uname = (system: string, machine: string) =>
  `case "$1" in -s) echo ${system} ;; *) echo ${machine} ;; esac`;
const getconf = (libc: string, bits = 64) =>
  `case "$1" in LONG_BIT) echo ${bits} ;; GNU_LIBC_VERSION) ${libc} ;; esac`;
const LINUX = uname("Linux", "x86_64");

describe("the system", () => {
  test.each([
    ["linux-x64", { uname: uname("Linux", "amd64") }],
    ["linux-arm64", { uname: uname("Linux", "aarch64") }],
    ["linux-arm64", { uname: uname("Linux", "arm64"), getconf: getconf("echo glibc 2.28") }],
    ["linux-x64", { uname: LINUX, getconf: getconf("exit 1"), ldd: "echo 'ldd (GNU libc) 2.40'" }],
    ["darwin-arm64", { uname: uname("Darwin", "arm64"), sysctl: "echo 1" }],
    ["darwin-arm64", { uname: uname("Darwin", "x86_64"), sysctl: "echo 1" }],
    ["darwin-x64", { uname: uname("Darwin", "x86_64"), sysctl: "exit 1" }],
  ])("gets the files for %s", async (target, scripts: Record<string, string>) => {
    const { server, run } = await prepared();
    const PATH = programs("curl shasum openssl", {
      sha256sum: "exec openssl dgst -sha256 -r",
      ...scripts,
    });
    expect(await run([], { env: { PATH } })).toMatchObject({ status: 0, stdout: said(target) });
    expect(server.asked.at(-1)).toBe(`/latest/download/${archiveOf(target)}`);
  });

  test.each<[string, Record<string, string>]>([
    ["There is no executable for FreeBSD", { uname: uname("FreeBSD", "amd64") }],
    ["There is no executable for riscv64", { uname: uname("Linux", "riscv64") }],
    ["does not install on Windows (MINGW64_NT-10.0)", {
      uname: uname("MINGW64_NT-10.0", "x86_64"),
    }],
    ["32-bit system on aarch64", {
      uname: uname("Linux", "aarch64"),
      getconf: getconf("exit 1", 32),
    }],
    ["has musl", {
      uname: LINUX,
      getconf: getconf("exit 1"),
      ldd: "echo 'musl libc (x86_64)' >&2; echo 'Version 1.2.4' >&2; exit 1",
    }],
    ["has glibc 2.17", { uname: LINUX, getconf: getconf("echo glibc 2.17") }],
    ["has glibc 2.27", {
      uname: LINUX,
      getconf: getconf("exit 1"),
      ldd: "printf 'ldd (Ubuntu GLIBC 2.27-3ubuntu1.6) 2.27\\nCopyright\\n'",
    }],
  ])("is refused by name: %s", async (message, scripts) => {
    const { server, home, run } = await prepared();
    const ended = await run([], { env: { PATH: programs("curl sha256sum", scripts) } });
    expect(ended).toMatchObject({ status: 4, stderr: said(message) });
    expect(server.asked).toEqual([]);
    expect(everythingBelow(home)).toEqual([]);
  });

  test.each([
    ["There is neither curl nor wget", "sha256sum"],
    ["There is no sha256sum, shasum or openssl", "curl"],
  ])("is refused for what is missing: %s", async (message, names) => {
    const { server, run } = await prepared();
    const ended = await run([], { env: { PATH: programs(names) } });
    expect(ended).toMatchObject({ status: 8, stderr: said(message) });
    expect(server.asked).toEqual([]);
  });

  test.each(["sha256sum", "shasum perl", "openssl"])("may verify by %s", async (names) => {
    const { server, run } = await prepared();
    const env = { PATH: programs(`curl ${names}`) };
    expect(await run([], { env })).toMatchObject({ status: 0, stderr: "" });
    expect(await run([], { env })).toMatchObject({
      status: 0,
      stdout: said("nothing was changed"),
    });
    expect(await run(["--uninstall"], { env })).toMatchObject({ status: 0, stderr: "" });
    server.spoil(ARCHIVE, { firstBytes: 200 });
    expect(await run([], { env })).toMatchObject({ status: 7, stderr: said("is wrong") });
  });

  test.runIf(mayUse("busybox"))("may be busybox and nothing else", async () => {
    const { server, home, run } = await prepared();
    const env = { PATH: busyboxPrograms() };
    expect(await run([], { env })).toMatchObject({ status: 0, stderr: "" });
    expect(await run([], { env })).toMatchObject({
      status: 0,
      stdout: said("nothing was changed"),
    });
    server.add("0.2.0", packRelease("0.2.0", { targets: [HERE] }));
    expect(await run([], { env })).toMatchObject({ status: 0, stdout: said("in place of 0.1.0") });
    expect(await run(["--uninstall"], { env })).toMatchObject({ status: 0, stderr: "" });
    expect(everythingBelow(home)).toEqual([]);
  });

  test("that computes no checksum is refused", async () => {
    const { home, run } = await prepared();
    const PATH = programs("curl", { sha256sum: "exit 1" });
    expect(await run([], { env: { PATH } })).toMatchObject({
      status: 8,
      stderr: said("sha256sum"),
    });
    expect(everythingBelow(home)).toEqual([]);
  });

  test.each(WGETS)(
    "may download by %s",
    async (wget) => {
      const env = { PATH: programs(`sha256sum ${wget}`) };
      const { home, server, run } = await prepared();
      expect(await run(["--version", "9.9.9"], { env }))
        .toMatchObject({ status: 3, stderr: said("There is no version 9.9.9") });
      server.spoil(ARCHIVE, { status: 403 });
      expect(await run([], { env })).toMatchObject({ status: 5, stderr: said("403") });
      expect(everythingBelow(home)).toEqual([]);
      server.spoil(ARCHIVE, { hangUpAfter: 100 });
      expect(await run([], { env })).toMatchObject({
        status: expect.toSatisfy((s) => s === 5 || s === 7),
      });
      expect(everythingBelow(home)).toEqual([]);
      server.spoil(ARCHIVE, { bytes: release.get(ARCHIVE) ?? "" });
      expect(await run([], { env })).toMatchObject({ status: 0, stderr: "" });
    },
  );
});

describe("an executable", () => {
  const LOADER = "error while loading shared libraries: libstdc++.so.6: cannot open shared object";
  test.each<[string, number, string]>([
    ["libstdc++.so.6, which is missing", 4, `echo "x: ${LOADER} file" >&2; exit 127`],
    ["newer libraries", 4, 'echo "x: version `GLIBC_2.99\' not found" >&2; exit 1'],
    ["does not run here (status 132)", 4, "exit 132"],
    ["Nothing may be executed", 4, "exit 126"],
    ["holds version 0.0.9", 7, "echo claude-orchestrator 0.0.9"],
  ])("that cannot be used replaces nothing: %s", async (message, status, script) => {
    const { server, home, run } = await prepared();
    expect(await run()).toMatchObject({ status: 0 });
    const before = everythingBelow(home);
    // Single quotes: the script says a back quote.
    const executable = `#!/bin/sh\n${script.replaceAll("`", "\\`")}\n`;
    server.add("0.2.0", packRelease("0.2.0", { script: executable, targets: [HERE] }));
    const ended = await run(["--version=0.2.0"]);
    expect(ended).toMatchObject({ status, stderr: said(message) });
    expect(everythingBelow(home)).toEqual(before);
  });
});

describe("a server whose certificate nobody vouches for", () => {
  async function untrusted() {
    const directory = temporaryDirectory();
    await makeCertificates(directory);
    const pem = readFileSync(join(directory, "server.pem"));
    const server = createServer({ cert: pem, key: pem }, (request, response) => {
      response.end(release.get(request.url?.split("/").at(-1) ?? "") ?? "");
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("No port was given");
    return installerHome(DASH, { BASE_URL: `https://127.0.0.1:${address.port}` });
  }

  test.each(["curl", ...WGETS.flat()])("is refused with %s", async (name) => {
    const { home, run } = await untrusted();
    const ended = await run([], { env: { PATH: programs(`sha256sum ${name}`) } });
    // busybox's would take it.
    expect(ended).toMatchObject({ status: name === "wget=busybox" ? 8 : 5 });
    expect(everythingBelow(home)).toEqual([]);
  });
});

test.runIf(mayUse("shellcheck"))("install.sh is written for any POSIX shell", () => {
  const { stdout } = spawnSync("shellcheck", ["--shell=sh", INSTALLER], { encoding: "utf8" });
  expect(stdout).toBe("");
});
