import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Completion scripts, by what each shell, or whoever packages for it, expects the file to be called. */
const COMPLETIONS = {
  bash: "claude-orchestrator.bash",
  zsh: "_claude-orchestrator",
  fish: "claude-orchestrator.fish",
  powershell: "claude-orchestrator.ps1",
};

/** The licence of a package, by the one of the usual names that it has. */
function licenceOf(directory) {
  const name = readdirSync(directory).find((each) => /^licen[cs]e(\.|$)/i.test(each));
  if (name === undefined) throw new Error(`No licence in ${directory}`);
  return join(directory, name);
}

/** Manual pages and completions, as the executable itself makes them. */
function writeTexts(executable, staging) {
  const run = (...args) => execFileSync(executable, args, { encoding: "utf8" });
  const pages = join(staging, "man");
  run("man", "--dir", pages);
  const directory = join(staging, "completions");
  mkdirSync(directory);
  const completions = Object.entries(COMPLETIONS).map(([shell, name]) => {
    const path = join(directory, name);
    writeFileSync(path, run("completions", shell));
    return [`share/completions/${name}`, path];
  });
  return [
    ...readdirSync(pages).map((name) => [`share/man/man1/${name}`, join(pages, name)]),
    ...completions,
  ];
}

/**
 * Gathers what lies beside the executable in every archive: README, licence, those of the packages in
 * it and of Node, manual pages, completions.
 *
 * @param executable {string} one that runs here
 * @param node {string} directory of the package that carries Node
 * @param packages {string[]} places of the packages in the bundle
 * @param staging {string} a directory for what is made
 * @returns {{name: string, path: string, mode: number}[]} name in the archive, and where it lies
 */
export function gatherDocumentation({ root, executable, node, packages, staging }) {
  const licences = [
    ["node", node],
    ...packages.map((place) => [place.slice(place.lastIndexOf("/") + 1), join(root, place)]),
  ];
  return [
    ["README.md", join(root, "README.md")],
    ["LICENSE", join(root, "LICENSE")],
    ...licences.map(([name, from]) => [`share/licenses/${name}.txt`, licenceOf(from)]),
    ...writeTexts(executable, staging),
  ].map(([name, path]) => ({ name, path, mode: 0o644 }));
}
