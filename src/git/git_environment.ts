/**
 * Variables of git that are passed on: who the user is, and where its own configuration lies. Any other
 * `GIT_…` would lead a command to another repository, index or configuration than the one that is meant;
 * git sets several of them for the hooks and aliases that it runs, from where this program may be called.
 */
const KEPT = [
  "GIT_AUTHOR_NAME",
  "GIT_AUTHOR_EMAIL",
  "GIT_COMMITTER_NAME",
  "GIT_COMMITTER_EMAIL",
  "GIT_CONFIG_GLOBAL",
  "GIT_CONFIG_SYSTEM",
  "GIT_CONFIG_NOSYSTEM",
  "GIT_CEILING_DIRECTORIES",
  "GIT_EXEC_PATH",
];

/** The environment of every git command. `C`: its messages are read here. Nothing can ask anybody. */
export function gitEnvironment(
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const passed = Object.entries(env).flatMap(([name, value]) =>
    value === undefined || name.startsWith("GIT_") && !KEPT.includes(name) ? [] : [[name, value]]
  );
  return {
    ...Object.fromEntries(passed),
    LC_ALL: "C",
    LANGUAGE: "C",
    GIT_TERMINAL_PROMPT: "0",
    GIT_PAGER: "cat",
    GIT_OPTIONAL_LOCKS: "0",
    GIT_LITERAL_PATHSPECS: "1",
  };
}
