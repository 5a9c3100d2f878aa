import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startEmbedded } from "../support/embedded_zookeeper.ts";
import { type Consumer, consumer, install, packPackage } from "../support/packed_package.ts";
import type { ZooKeeperServer } from "../support/zookeeper_server.ts";

const root = resolve(import.meta.dirname, "../..");
const DOCUMENT = "docs/library.md";
const deno = join(root, "node_modules/.bin/deno");

/** Options of a program that takes the published types as strictly as it can. */
const TSCONFIG = {
  compilerOptions: {
    target: "es2023",
    module: "nodenext",
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    verbatimModuleSyntax: true,
    rewriteRelativeImportExtensions: true,
    skipLibCheck: false,
    types: [],
    outDir: "compiled",
  },
  include: ["*.ts"],
};

/** Wrong in each line: where it compiled, the types would say nothing. */
const MISUSE = `
import { joinTeam } from "./team.ts";
const team = await joinTeam();
// @ts-expect-error: an id is no plain text
await team.tasks.get("task-0000000001");
// @ts-expect-error: a result is asked for
await team.tasks.complete((await team.tasks.list()).tasks[0]!.id, { by: { id: "", name: "" } }, {});
// @ts-expect-error: there is no such field
console.log((await team.status()).nonsense);
`;

let directory: string;
let place: Consumer;
let server: ZooKeeperServer;

/** The programs that the document shows, by the name in their first line. */
function shownPrograms(): Map<string, string> {
  const text = readFileSync(join(root, DOCUMENT), "utf8");
  const blocks = [...text.matchAll(/^```ts\n\/\/ (\w+\.ts)\n(.*?)^```$/gms)];
  return new Map(blocks.map(([, name = "", program = ""]) => [name, program]));
}

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "library-"));
  mkdirSync(join(directory, "packed"));
  place = consumer(directory, process.execPath);
  install(packPackage(join(directory, "packed")), place);
  server = await startEmbedded({});
  for (const [name, program] of shownPrograms()) {
    const text = program.replaceAll("127.0.0.1:2181", server.hosts);
    writeFileSync(join(place.directory, name), text);
  }
});
afterAll(async () => {
  await server?.stop();
  rmSync(directory, { recursive: true });
});

const run = async (program: string, ...args: string[]) => {
  const { stdout } = await promisify(execFile)(program, args, {
    cwd: place.directory,
    env: place.env,
  });
  return stdout;
};

/** Runs the shown programs one after the other, as the document does. */
async function runAll(start: (name: string) => Promise<string>): Promise<void> {
  expect(await start("push")).toMatch(
    /^task-\d{10} Add a health check pending\ntask-\d{10} Document it pending\n.*pending: 2/s,
  );
  expect(await start("main")).toBe(
    "Counter: Add a health check: 8 words\nCounter: Document it: 2 words\n",
  );
  expect(await start("talk")).toBe("Which port? 4000\n4001\n");
  expect(await start("errors")).toBe("TASK_NOT_FOUND not_found\n");
}

test(`every program of ${DOCUMENT} names its file`, () => {
  const text = readFileSync(join(root, DOCUMENT), "utf8");
  expect([...shownPrograms().keys()]).toEqual([
    ...["team.ts", "push.ts", "worker.ts", "main.ts", "talk.ts", "errors.ts"],
  ]);
  expect(text.match(/^```ts$/gm)?.length).toBe(shownPrograms().size);
});

test("they compile with the published types, and run under Node", async () => {
  writeFileSync(join(place.directory, "misuse.ts"), MISUSE);
  writeFileSync(join(place.directory, "tsconfig.json"), JSON.stringify(TSCONFIG));
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  await run(process.execPath, tsc, "-p", ".").catch(({ stdout }) => expect(stdout).toBe(""));
  rmSync(join(place.directory, "misuse.ts"));
  await runAll((name) => run(process.execPath, `compiled/${name}.js`));
});

test("they run under Deno, checked by it, on the published package", async () => {
  writeFileSync(join(place.directory, "deno.json"), '{ "nodeModulesDir": "manual" }');
  await run(deno, "check", ...shownPrograms().keys());
  await runAll((name) => run(deno, "run", "--allow-all", `${name}.ts`));
});

test("they run under Deno on mod.ts", async () => {
  writeFileSync(
    join(place.directory, "deno.json"),
    JSON.stringify({
      nodeModulesDir: "manual",
      imports: { "claude-orchestrator": `${root}/mod.ts` },
    }),
  );
  await runAll((name) => run(deno, "run", "--allow-all", `${name}.ts`));
});
