import { EventEmitter, once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { onTestFinished } from "vitest";
import type { ReleaseFiles } from "./release_files.ts";

/** What becomes of a request for a file, in place of the file. */
export type Fault =
  | { readonly bytes: Uint8Array | string }
  /** So many bytes of it, as if they were all. */
  | { readonly firstBytes: number }
  | { readonly status: number }
  /** The connection is closed after so many bytes. */
  | { readonly hangUpAfter: number }
  /** Nothing follows after so many bytes. */
  | { readonly stallAfter: number };

/** Serves releases on the loopback interface, in the layout of GitHub's. */
export interface ReleaseServer {
  readonly url: string;
  /** The paths that were asked for, in order. */
  readonly asked: string[];
  /** Adds a version; the last one that was added is the latest. */
  add(version: string, files: ReleaseFiles): void;
  /** From now on that file of every version is answered so. */
  spoil(file: string, fault: Fault): void;
  /** Resolves when a client waits for the rest of a stalled file. */
  readonly stalled: Promise<unknown>;
  /** Resolves when that client has gone. */
  readonly left: Promise<unknown>;
}

/** Starts one for the running test. */
export async function releaseServer(): Promise<ReleaseServer> {
  const versions = new Map<string, ReleaseFiles>();
  const faults = new Map<string, Fault>();
  const asked: string[] = [];
  let latest = "";
  const events = new EventEmitter();

  function answer(request: IncomingMessage, response: ServerResponse) {
    const path = request.url ?? "";
    asked.push(path);
    const [, version = latest, name = ""] =
      /^\/(?:latest\/download|download\/v([^/]+))\/([^/]+)$/.exec(path) ?? [];
    const bytes = versions.get(version)?.get(name);
    const fault = faults.get(name);
    if (bytes === undefined) return response.writeHead(404).end("no such file");
    if (fault === undefined) return response.end(bytes);
    if ("bytes" in fault) return response.end(fault.bytes);
    if ("firstBytes" in fault) return response.end(bytes.subarray(0, fault.firstBytes));
    if ("status" in fault) return response.writeHead(fault.status).end("no");
    response.writeHead(200, { "content-length": bytes.length });
    if ("hangUpAfter" in fault) {
      return response.write(bytes.subarray(0, fault.hangUpAfter), () => response.destroy());
    }
    response.on("close", () => events.emit("left"));
    return response.write(bytes.subarray(0, fault.stallAfter), () => events.emit("stalled"));
  }

  const server = createServer(answer);
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("No port was given");
  return {
    url: `http://127.0.0.1:${address.port}`,
    asked,
    add(version, files) {
      versions.set(version, files);
      latest = version;
    },
    spoil: (file, fault) => void faults.set(file, fault),
    stalled: once(events, "stalled"),
    left: once(events, "left"),
  };
}
