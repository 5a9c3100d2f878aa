import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { beforeAll, describe, expect, test } from "vitest";
import {
  everythingBelow,
  INSTALLER,
  type InstallerHome,
  installerHome,
  SHELLS,
} from "../support/installer.ts";
import { archiveOf, HERE, packRelease, type ReleaseFiles } from "../support/release_files.ts";
import { type Fault, type ReleaseServer, releaseServer } from "../support/release_server.ts";
import { smallFileSystem, whyNoMount } from "../support/small_file_system.ts";

const ARCHIVE = archiveOf(HERE);
let first: ReleaseFiles;
let second: ReleaseFiles;

beforeAll(() => {
  first = packRelease("0.1.0");
  second = packRelease("0.2.0", { pages: ["claude-orchestrator", "claude-orchestrator-run"] });
});

/** What the installed program says of itself, by one of its names. */
const versionIn = (directory: string, name = "claude-orchestrator") =>
  execFileSync(join(directory, name), ["--version"], { encoding: "utf8" }).split(" ")[1];

const said = (text: string) => expect.stringContaining(text);

test.each(SHELLS)(
  "under %s installs into an empty home, does nothing the second time, and takes all of it away",
  async (_name, shell) => {
    const server = await releaseServer();
    server.add("0.1.0", first);
    const place = installerHome(shell, { BASE_URL: `${server.url}/` });
    const { status, stdout, stderr } = await place.run();
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toContain(`Installed claude-orchestrator 0.1.0 in ${place.bin}\n`);
    expect([versionIn(place.bin), versionIn(place.bin, "cco")]).toEqual(["0.1.0", "0.1.0"]);

    const tree = everythingBelow(place.home);
    const paths = tree.map((line) => line.split(" ").slice(0, 2).join(" "));
    expect(paths.filter((path) => !path.includes("/ 755"))).toEqual([
      ".local/bin/.claude-orchestrator.receipt 644",
      ".local/bin/cco ->",
      ".local/bin/claude-orchestrator 755",
      ".local/share/bash-completion/completions/cco ->",
      ".local/share/bash-completion/completions/claude-orchestrator 644",
      ".local/share/fish/vendor_completions.d/cco.fish ->",
      ".local/share/fish/vendor_completions.d/claude-orchestrator.fish 644",
      ".local/share/man/man1/claude-orchestrator-leader.1 644",
      ".local/share/man/man1/claude-orchestrator.1 644",
      ".local/share/zsh/site-functions/_claude-orchestrator 644",
    ]);

    server.asked.length = 0;
    const again = await place.run();
    expect(again).toMatchObject({ status: 0, stdout: said("nothing was changed"), stderr: "" });
    expect(server.asked).toEqual(["/latest/download/SHA256SUMS"]);
    expect(everythingBelow(place.home)).toEqual(tree);

    const removed = await place.run(["--uninstall"], { env: { BASE_URL: "" } });
    expect(removed).toEqual({
      status: 0,
      stdout: `Removed claude-orchestrator 0.1.0 from ${place.bin}\n`,
      stderr: "",
    });
    expect(everythingBelow(place.home)).toEqual([]);
    expect(await place.run(["--uninstall"])).toMatchObject({
      status: 0,
      stdout: said("is not installed"),
    });
  },
);

describe.each(SHELLS.filter(([name]) => !/^bash( --posix)?$/.test(name)))(
  "under %s",
  (_name, shell) => {
    /** A home with the first version installed, and a server that has the second too. */
    async function installed(): Promise<{ place: InstallerHome; server: ReleaseServer }> {
      const server = await releaseServer();
      server.add("0.1.0", first);
      const place = installerHome(shell, { BASE_URL: server.url });
      expect(await place.run()).toMatchObject({ status: 0, stderr: "" });
      server.add("0.2.0", second);
      server.asked.length = 0;
      return { place, server };
    }

    test("replaces a version that runs, which goes on, and what only that one had", async () => {
      const { place } = await installed();
      const running = spawn(join(place.bin, "claude-orchestrator"), ["wait"]);
      const lines = createInterface(running.stdout)[Symbol.asyncIterator]();
      expect((await lines.next()).value).toBe("waiting");
      const { status, stdout, stderr } = await place.run();
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
      expect(stdout).toContain(
        `Installed claude-orchestrator 0.2.0 in ${place.bin} in place of 0.1.0`,
      );
      expect(versionIn(place.bin)).toBe("0.2.0");
      running.stdin.end("\n");
      expect((await lines.next()).value).toBe("still 0.1.0");
      const pages = everythingBelow(join(place.home, ".local/share/man/man1"));
      expect(pages.map((page) => page.split(" ")[0]))
        .toEqual(["claude-orchestrator-run.1", "claude-orchestrator.1"]);
      expect(await place.run(["--uninstall"])).toMatchObject({ status: 0, stderr: "" });
      expect(everythingBelow(place.home)).toEqual([]);
    });

    test.each<[string, string, Fault, number, RegExp]>([
      ["another archive", ARCHIVE, { bytes: "not this" }, 7, /checksum of .* is wrong/],
      ["half an archive", ARCHIVE, { firstBytes: 200 }, 7, /checksum of .* is wrong/],
      ["a server that hangs up", ARCHIVE, { hangUpAfter: 100 }, 5, /Cannot download/],
      [
        "another's checksum",
        "SHA256SUMS",
        { bytes: `${"0".repeat(64)}  other.tar.gz\n` },
        7,
        /no checksum/,
      ],
    ])("refuses %s, and leaves all as it was", async (_what, file, fault, status, message) => {
      const { place, server } = await installed();
      const before = everythingBelow(place.home);
      server.spoil(file, fault);
      const ended = await place.run();
      expect(ended).toMatchObject({ status, stderr: expect.stringMatching(message) });
      expect(everythingBelow(place.home)).toEqual(before);
      expect(versionIn(place.bin)).toBe("0.1.0");
    });

    test("says that a version does not exist, and leaves nothing in an empty home", async () => {
      const server = await releaseServer();
      server.add("0.1.0", first);
      const place = installerHome(shell, { BASE_URL: server.url });
      const ended = await place.run(["--version", "v9.9.9"]);
      expect(ended).toMatchObject({ status: 3, stderr: said("There is no version 9.9.9 at http") });
      expect(server.asked).toEqual(["/download/v9.9.9/SHA256SUMS"]);
      expect(everythingBelow(place.home)).toEqual([]);
    });

    test.each([["SIGTERM", 143], ["SIGINT", 130], ["SIGHUP", 129]] as const)(
      "ends at once at %s in a download, and leaves all as it was",
      async (signal, status) => {
        const { place, server } = await installed();
        const before = everythingBelow(place.home);
        server.spoil(ARCHIVE, { stallAfter: 100 });
        const { child, ended } = place.start();
        await server.stalled;
        // Ctrl+C reaches the whole group, the other two the process that is named.
        process.kill((child.pid ?? 0) * (signal === "SIGINT" ? -1 : 1), signal);
        expect(await ended).toMatchObject({ status, stderr: said("Interrupted") });
        await server.left;
        expect(everythingBelow(place.home)).toEqual(before);
      },
    );

    test.runIf(whyNoMount() === null || process.env["CI"] === "true")(
      "says that no space is left, and leaves all as it was",
      async () => {
        const disk = smallFileSystem(64);
        const noise = createHash("shake256", { outputLength: 40_000 }).update("").digest("hex");
        const script = `#!/bin/sh\necho claude-orchestrator 0.3.0\nexit\n${noise}\n`;
        const server = await releaseServer();
        server.add("0.1.0", first);
        const env = { BASE_URL: server.url, INSTALL_DIR: join(disk, "bin") };
        const place = installerHome(shell, env);
        expect(await place.run(["--no-extras"])).toMatchObject({ status: 0 });
        const before = everythingBelow(disk);
        // The archive has room, what is in it has not.
        server.add("0.3.0", packRelease("0.3.0", { script, targets: [HERE] }));
        const unpacked = await place.run(["--no-extras"]);
        expect(unpacked).toMatchObject({ status: 9, stderr: said(`No space is left for ${disk}`) });
        server.spoil(ARCHIVE, { bytes: noise.repeat(2) });
        const downloaded = await place.run(["--no-extras"]);
        expect(downloaded).toMatchObject({
          status: 9,
          stderr: said(`No space is left for ${disk}`),
        });
        expect(everythingBelow(disk)).toEqual(before);
      },
    );

    test("is piped into the shell, with options", async () => {
      const { place } = await installed();
      const piped = readFileSync(INSTALLER);
      expect(await place.run([], { piped })).toMatchObject({ status: 0, stderr: "" });
      expect(versionIn(place.bin)).toBe("0.2.0");
      expect(await place.run(["--uninstall"], { piped })).toMatchObject({ status: 0, stderr: "" });
      expect(everythingBelow(place.home)).toEqual([]);
    });

    test("goes on when nobody reads what it says", async () => {
      const { place } = await installed();
      const before = everythingBelow(place.bin).map((line) => line.split(" ")[0]);
      const { child, ended } = place.start();
      child.stdout?.destroy();
      expect(await ended).toMatchObject({ status: 0, stderr: "" });
      expect(versionIn(place.bin)).toBe("0.2.0");
      expect(everythingBelow(place.bin).map((line) => line.split(" ")[0])).toEqual(before);
    });

    test("does nothing when it is cut off, wherever", async () => {
      const server = await releaseServer();
      server.add("0.1.0", first);
      const place = installerHome(shell, { BASE_URL: server.url });
      const script = readFileSync(INSTALLER, "utf8");
      const end = script.trimEnd().length;
      const cuts = [
        script.indexOf("warn()"),
        script.indexOf("rm -rf") + 6,
        script.lastIndexOf("main ") + 4,
        ...[12, 9, 5, 2, 1].map((bytes) => end - bytes),
      ];
      for (const cut of cuts) {
        const { stdout } = await place.run([], { piped: script.slice(0, cut) });
        expect({ cut, stdout, asked: server.asked }).toEqual({ cut, stdout: "", asked: [] });
      }
      expect(everythingBelow(place.home)).toEqual([]);
    });
  },
);
