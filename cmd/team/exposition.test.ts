import { expect, test } from "vitest";
import { exposition } from "./exposition.ts";

test("a metric has its help, its type, and a line a sample", () => {
  const text = exposition([
    {
      name: "tasks",
      type: "gauge",
      help: "Tasks.",
      samples: [{ labels: { status: "pending" }, value: 3 }, { value: 0.5 }],
    },
    { name: "spent_total", type: "counter", help: "All.", samples: [{ value: 1e21 }] },
  ], { root: "/r" });
  expect(text).toBe(
    "# HELP tasks Tasks.\n# TYPE tasks gauge\n" +
      'tasks{root="/r",status="pending"} 3\ntasks{root="/r"} 0.5\n' +
      '# HELP spent_total All.\n# TYPE spent_total counter\nspent_total{root="/r"} 1e+21\n',
  );
});

test("what would end a label or a line is escaped", () => {
  const labels = { who: 'a "b"\\\n' };
  const [help, , sample] = exposition([
    { name: "m", type: "gauge", help: "One\\\ntwo.", samples: [{ labels, value: 1 }] },
  ]).split("\n");
  expect(help).toBe("# HELP m One\\\\\\ntwo.");
  expect(sample).toBe('m{who="a \\"b\\"\\\\\\n"} 1');
});

test("a metric without a sample is left out", () => {
  expect(exposition([{ name: "m", type: "gauge", help: "M.", samples: [] }])).toBe("");
});
