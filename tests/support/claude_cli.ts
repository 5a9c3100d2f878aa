import { existsSync, mkdirSync } from "node:fs";
import { join, resolve } from "node:path";

/** Package of the real binary for this machine; `undefined` where there is none. */
export function claudePath(): string | undefined {
  const name = `claude-code-${process.platform}-${process.arch}`;
  const path = resolve(import.meta.dirname, "../../node_modules/@anthropic-ai", name, "claude");
  return existsSync(path) ? path : undefined;
}

/**
 * Environment in which the real Claude Code talks to a scripted API and to nothing else, with a home
 * of its own below `directory`. `IS_SANDBOX` lets it run as root.
 */
export function claudeEnvironment(
  options: { directory: string; apiUrl: string; retries?: number },
): Record<string, string> {
  const home = join(options.directory, "home");
  const configuration = join(home, ".claude");
  mkdirSync(configuration, { recursive: true });
  return {
    PATH: process.env["PATH"] ?? "/usr/bin:/bin",
    HOME: home,
    CLAUDE_CONFIG_DIR: configuration,
    ANTHROPIC_BASE_URL: options.apiUrl,
    ANTHROPIC_API_KEY: "for-the-scripted-api",
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
    CLAUDE_CODE_MAX_RETRIES: String(options.retries ?? 0),
    DISABLE_AUTOUPDATER: "1",
    IS_SANDBOX: "1",
  };
}
