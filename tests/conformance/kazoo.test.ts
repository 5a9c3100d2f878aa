import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { startEmbedded } from "../support/embedded_zookeeper.ts";
import { startJvm, whyNoJars } from "../support/jvm_zookeeper.ts";
import type { ServerOptions } from "../support/zookeeper_config.ts";
import type { ZooKeeperServer } from "../support/zookeeper_server.ts";

const PYTHON = "/usr/bin/python3";
const SCRIPT = `${import.meta.dirname}/kazoo_recipes.py`;
const KAZOO = "/usr/lib/python3/dist-packages/kazoo";
const RECIPES_MS = 100_000;

const reason = whyNoJars() ?? (existsSync(KAZOO) ? null : "no python3-kazoo");
const missing = reason !== null && process.env["CI"] !== "true";
if (missing) console.warn(`Skipped: kazoo on both servers: ${reason}`);

/** What the recipes print on a fresh server. */
async function transcript(
  start: (options: ServerOptions) => Promise<ZooKeeperServer>,
): Promise<string> {
  const server = await start({ tickMs: 2_000 });
  try {
    const { stdout } = await promisify(execFile)(PYTHON, [SCRIPT, server.hosts], {
      timeout: RECIPES_MS,
    });
    return stdout;
  } finally {
    await server.stop();
  }
}

test.skipIf(missing)(
  "kazoo's recipes see the same on the coordinator as on ZooKeeper",
  async () => {
    const [real, own] = await Promise.all([transcript(startJvm), transcript(startEmbedded)]);
    expect(own).toBe(real);
    expect(own.match(/^== /gm)).toHaveLength(14);
  },
  2 * RECIPES_MS,
);
