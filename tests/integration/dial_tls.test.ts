import { expect, test } from "vitest";
import { dial } from "../../src/platform/node/socket.ts";
import type { TlsOptions } from "../../src/zookeeper/environment.ts";
import { describeWithZooKeeper } from "../support/zookeeper_suite.ts";

/** What a server answers to `srvr` over TLS; rejects with the reason where there is no answer. */
function askOverTls(hosts: string, host: string, tls: TlsOptions): Promise<string> {
  const port = Number(hosts.split(":")[1]);
  return new Promise((resolve, reject) => {
    let answer = "";
    const connection = dial({ host, port }, tls, {
      opened: () => connection.write(new TextEncoder().encode("srvr")),
      data: (chunk) => answer += new TextDecoder().decode(chunk),
      closed: (error) => error || !answer ? reject(error ?? new Error("closed")) : resolve(answer),
    });
  });
}

describeWithZooKeeper("dial() to a ZooKeeper that asks for certificates", (server) => {
  const offered = () => {
    if (!server.tls) throw new Error("The server was started without TLS");
    return server.tls;
  };

  test("speaks with a server that the authority vouches for", async () => {
    const { hosts, options } = offered();
    expect(await askOverTls(hosts, "localhost", options)).toContain("Mode: standalone");
    expect(await askOverTls(hosts, "127.0.0.1", options)).toContain("Mode: standalone");
  });

  test("refuses a server that no known authority vouches for", async () => {
    const { hosts, options: { cert, key } } = offered();
    await expect(askOverTls(hosts, "localhost", { cert, key })).rejects.toThrow(
      /verify|UnknownIssuer/,
    );
  });

  test("refuses a server with another name than the one expected", async () => {
    const { hosts, options } = offered();
    await expect(askOverTls(hosts, "localhost", { ...options, serverName: "elsewhere.example" }))
      .rejects.toThrow(/altnames|not valid for name/i);
  });

  test("accepts a server under the name that is expected, wherever it was dialled", async () => {
    const { hosts, options } = offered();
    expect(await askOverTls(hosts, "127.0.0.1", { ...options, serverName: "localhost" }))
      .toContain("Mode: standalone");
  });

  test("is refused without a certificate of its own", async () => {
    const { hosts, options: { ca } } = offered();
    await expect(askOverTls(hosts, "localhost", { ca })).rejects.toThrow();
  });

  test("says so where a key is no key", async () => {
    const { hosts, options } = offered();
    await expect(askOverTls(hosts, "localhost", { ...options, key: "no key" })).rejects.toThrow();
  });
}, { tls: { clientAuth: "need" } });
