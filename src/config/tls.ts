import { OrchestratorError } from "../domain/errors.ts";
import type { Files } from "../platform/files.ts";
import type { Config } from "./load.ts";

/** PEM texts for a connection over TLS, and the name that the server's certificate must bear. */
export interface TlsTexts {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly serverName?: string;
}

const FILES = {
  ca: "zookeeper.tls.ca",
  cert: "zookeeper.tls.cert",
  key: "zookeeper.tls.key",
} as const;

/**
 * The TLS files that the configuration names, read; undefined where it names none, which means a
 * plain connection. Throws INVALID_CONFIG for a file that is missing or for a certificate without
 * its key, PERMISSION_DENIED for one that may not be read.
 */
export function readTls(config: Config, files: Files): TlsTexts | undefined {
  const texts: { -readonly [K in keyof TlsTexts]: TlsTexts[K] } = {};
  for (const part of ["ca", "cert", "key"] as const) {
    const path = config.value(FILES[part]);
    if (path === null) continue;
    const text = files.read(path);
    if (text === null) {
      throw new OrchestratorError("INVALID_CONFIG", `No file "${path}" for "${FILES[part]}"`, {
        details: { key: FILES[part], path },
      });
    }
    texts[part] = text;
  }
  if ((texts.cert === undefined) !== (texts.key === undefined)) {
    const [has, lacks] = texts.cert === undefined
      ? [FILES.key, FILES.cert]
      : [FILES.cert, FILES.key];
    throw new OrchestratorError("INVALID_CONFIG", `"${has}" needs "${lacks}" as well`);
  }
  const serverName = config.value("zookeeper.tls.server_name");
  if (serverName !== null) texts.serverName = serverName;
  return Object.keys(texts).length === 0 ? undefined : texts;
}
