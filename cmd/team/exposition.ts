// Prometheus' text exposition format, version 0.0.4.

/** One value of a metric, under its labels. */
export interface Sample {
  readonly value: number;
  readonly labels?: Readonly<Record<string, string>>;
}

/** A metric whose name, unit and type follow Prometheus' conventions; shown only with a sample. */
export interface Metric {
  readonly name: string;
  readonly type: "counter" | "gauge";
  /** One sentence for people. */
  readonly help: string;
  readonly samples: readonly Sample[];
}

/** The metrics as text; every sample also bears the labels `common`. */
export function exposition(
  metrics: readonly Metric[],
  common: Readonly<Record<string, string>> = {},
): string {
  return metrics.filter(({ samples }) => samples.length > 0).map(({ name, type, help, samples }) =>
    [
      `# HELP ${name} ${help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")}`,
      `# TYPE ${name} ${type}`,
      ...samples.map(({ value, labels }) =>
        `${name}${labelText({ ...common, ...labels })} ${value}`
      ),
      "",
    ].join("\n")
  ).join("");
}

function labelText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escaped(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
