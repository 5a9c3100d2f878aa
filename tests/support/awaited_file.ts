import { existsSync } from "node:fs";

/** Resolves once the file is there; another process makes it, so there is no event but to look. */
export async function fileAppears(path: string): Promise<void> {
  while (!existsSync(path)) await new Promise((resolve) => setTimeout(resolve, 20));
}
