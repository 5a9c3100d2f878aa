import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** PEM texts: an authority made for one test server, and a client's certificate signed by it. */
export interface Certificates {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/**
 * Makes an authority, a server for `localhost` and 127.0.0.1, and a client, valid for a day, with
 * the `openssl` program. The directory then holds `ca.pem` and `server.pem` (key and certificate, as
 * ZooKeeper's PEM key store wants them), and the parts.
 */
export async function makeCertificates(directory: string): Promise<Certificates> {
  const at = (name: string) => join(directory, name);
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const request = async (name: string, subject: string, extra: string[]) => {
    const files = ["-keyout", at(`${name}.key`), "-out", at(`${name}.crt`)];
    const kind = ["-x509", "-days", "1", "-subj", `/CN=${subject}`];
    await run("openssl", ["req", ...newKey, ...kind, ...files, ...extra]);
  };
  const signed = ["-CA", at("ca.crt"), "-CAkey", at("ca.key")];
  await request("ca", "Test authority", []);
  await request("server", "localhost", [
    ...signed,
    "-addext",
    "subjectAltName=DNS:localhost,IP:127.0.0.1",
    "-addext",
    "basicConstraints=critical,CA:FALSE",
  ]);
  await request("client", "client", [...signed, "-addext", "basicConstraints=critical,CA:FALSE"]);
  const read = (name: string) => readFile(at(name), "utf8");
  const ca = await read("ca.crt");
  await writeFile(at("ca.pem"), ca);
  await writeFile(at("server.pem"), await read("server.key") + await read("server.crt"));
  return { ca, cert: await read("client.crt"), key: await read("client.key") };
}
