import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { join } from "node:path";

/**
 * The checkout that is built: its root, its version, its commit and that commit's date. Outside a
 * checkout (a tarball, a Docker context without .git) SOURCE_COMMIT and SOURCE_DATE may tell them.
 *
 * @returns {{root: string, version: string, commit: string, date: string}}
 */
export function readSource() {
  const root = fileURLToPath(new URL("../../", import.meta.url)).replace(/\/$/, "");
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const { SOURCE_COMMIT, SOURCE_DATE } = process.env;
  const { commit, date } = readHead(root);
  return { root, version, commit: SOURCE_COMMIT || commit, date: SOURCE_DATE || date };
}

/** The date of the commit, not of the build: the same source gives the same bytes. */
function readHead(root) {
  const git = (...args) =>
    execFileSync("git", ["-C", root, ...args], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
  try {
    const [commit, date] = git("log", "-1", "--abbrev=12", "--format=%h %cs").split(" ");
    return { commit: git("status", "--porcelain") === "" ? commit : `${commit}-dirty`, date };
  } catch {
    return { commit: "unknown", date: "unknown" };
  }
}
