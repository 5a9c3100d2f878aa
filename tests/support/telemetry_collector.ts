import { createServer } from "node:http";

/** A collector of OpenTelemetry on loopback. */
export interface TelemetryCollector {
  /** For `OTEL_EXPORTER_OTLP_ENDPOINT`; it takes `http/json`. */
  readonly url: string;
  /** Attributes of each resource that something was sent of. */
  readonly resources: readonly Readonly<Record<string, unknown>>[];
  close(): Promise<void>;
}

interface Exported {
  readonly resourceMetrics?: readonly Sent[];
  readonly resourceLogs?: readonly Sent[];
}

interface Sent {
  readonly resource: {
    readonly attributes: readonly { key: string; value: { stringValue?: string } }[];
  };
}

export async function startTelemetryCollector(): Promise<TelemetryCollector> {
  const resources: Record<string, unknown>[] = [];
  const server = createServer(async (request, response) => {
    let text = "";
    for await (const chunk of request.setEncoding("utf8")) text += chunk;
    response.writeHead(200, { "content-type": "application/json" }).end("{}");
    const { resourceMetrics = [], resourceLogs = [] }: Exported = JSON.parse(text);
    for (const { resource } of [...resourceMetrics, ...resourceLogs]) {
      const pairs = resource.attributes.map(({ key, value }) => [key, value.stringValue] as const);
      resources.push(Object.fromEntries(pairs));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("No port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    resources,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
