import { JournalEvent } from "../../src/domain/event.ts";
import { ChainId, idOf, InstanceId } from "../../src/domain/ids.ts";
import { Member } from "../../src/domain/member.ts";
import { NOTHING_SPENT } from "../../src/domain/spent.ts";
import type { Link, TaskStatus } from "../../src/domain/task.ts";
import {
  type Board,
  type ChainRow,
  emptyBoard,
  type LinkRow,
  type LinkState,
  type MemberRow,
  type TaskRow,
} from "../../src/monitor/board.ts";
import type { Looks } from "../../src/screen/looks.ts";

// Boards for pictures: teams as they may be, all at one moment.

/** When all the pictures are drawn. */
export const NOW = Date.UTC(2026, 2, 14, 9, 26, 53);
const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/** A terminal that shows everything, in UTC. */
export const LOOKS: Looks = {
  unicode: true,
  timeOfDay: (ms) => new Date(ms).toISOString().slice(11, 19),
};

const ago = (ms: number) => NOW - ms;
const iso = (ms: number) => new Date(ago(ms)).toISOString();

export interface MemberFacts {
  readonly name: string;
  readonly role: string;
  readonly busy?: boolean;
  /** ms since its last step. */
  readonly act?: number;
  /** ms since a leased member last came. */
  readonly leased?: number;
  readonly work?: string;
}

export function member({ name, role, busy, act, leased, work }: MemberFacts): MemberRow {
  const id = InstanceId.parse(
    `${name.replace(/[^A-Za-z]/g, "").toLowerCase().slice(0, 20) || "member"}-${role}`,
  );
  const lease = 30 * MINUTE;
  const parsed = Member.parse({
    v: 1,
    id,
    name,
    role,
    kind: leased === undefined ? "attached" : "leased",
    status: busy === true ? "busy" : "idle",
    current_work: work ?? null,
    connected_since: iso(3 * 60 * MINUTE),
    lease_ms: leased === undefined ? null : lease,
  });
  const { connected_since: _, ...rest } = parsed;
  return {
    ...rest,
    liveness: leased !== undefined && leased > lease ? "expired" : "online",
    lease_expires_at: leased === undefined ? null : new Date(ago(leased) + lease).toISOString(),
    since: ago(3 * 60 * MINUTE),
    lastAct: act === undefined ? null : ago(act),
  };
}

export function task(
  serial: number,
  title: string,
  status: TaskStatus,
  more: Partial<TaskRow> & { readonly age?: number } = {},
): TaskRow {
  const { age = MINUTE, ...rest } = more;
  return {
    id: idOf("task", serial),
    title,
    status,
    link: null,
    chainId: null,
    priority: 1,
    by: "",
    byName: "",
    since: ago(age),
    isFor: "",
    reason: null,
    isRead: true,
    ...rest,
  };
}

export function link(name: Link, state: LinkState, who = "", age = MINUTE): LinkRow {
  return { link: name, taskId: idOf("task", 1), state, who, since: ago(age) };
}

export function chain(serial: number, title: string, more: Partial<ChainRow> = {}): ChainRow {
  return {
    id: idOf("chain", serial),
    title,
    status: "open",
    links: [],
    at: "build",
    round: 1,
    maxRounds: 3,
    lastRound: null,
    question: null,
    reason: null,
    since: ago(14 * MINUTE),
    closedAt: null,
    spent: NOTHING_SPENT,
    budgetUsd: null,
    budgetTokens: null,
    ...more,
  };
}

let serial = 0;

/** An event, so long ago. */
export function happened(
  age: number,
  type: JournalEvent["type"],
  more: Partial<JournalEvent> = {},
): JournalEvent {
  return JournalEvent.parse({
    v: 1,
    id: `0000000000-${String(++serial).padStart(10, "0")}`,
    time: iso(age),
    type,
    ...more,
  });
}

const self = {
  id: InstanceId.parse("ada-4f2c91d07b3e"),
  name: "Ada",
  cacheDir: "/home/ada/.claude-orchestrator/sessions",
  budgetUsd: null,
  budgetTokens: null,
};

const connected: Board = {
  ...emptyBoard(self, { hosts: "127.0.0.1:2181", state: "connected", since: ago(2 * 60 * MINUTE) }),
  leader: { id: self.id, name: "Ada", since: ago(125 * MINUTE), epoch: 1 },
  spent: NOTHING_SPENT,
};

const ada: MemberRow = { ...member({ name: "Ada", role: "leader", act: 8 * SECOND }), id: self.id };

const ids = {
  ada,
  bob: member({ name: "Bob", role: "builder", busy: true }),
  carla: member({ name: "Carla", role: "planner", act: 4 * MINUTE }),
  dora: member({ name: "Dora", role: "developer", leased: 47 * MINUTE }),
  rui: member({
    name: "Rui",
    role: "reviewer",
    busy: true,
    work: "message from Ada",
    act: 12 * SECOND,
  }),
  vera: member({ name: "Vera", role: "verifier", busy: true }),
};

/** Two Workers that have just come, and nothing to do. */
export const idle: Board = {
  ...connected,
  members: [
    ada,
    member({ name: "Bob", role: "builder", act: 5 * MINUTE }),
    member({ name: "Vera", role: "verifier", act: 3 * MINUTE }),
  ],
  events: [
    happened(125 * MINUTE, "leader_elected", { by: self.id, by_name: "Ada" }),
    happened(5 * MINUTE, "member_joined", { by: "b", by_name: "Bob", data: { role: "builder" } }),
    happened(3 * MINUTE, "member_joined", { by: "v", by_name: "Vera", data: { role: "verifier" } }),
  ],
};

const login = chain(3, "Sign in with passkeys", {
  at: "build",
  links: [
    link("plan", "done", "Carla"),
    link("build", "working", "Bob", 192 * SECOND),
    link("verify", "waiting"),
    link("review", "waiting"),
    link("accept", "waiting"),
  ],
  spent: { cost_usd: 0.61, input_tokens: 180_000, output_tokens: 9_000, runs: 4 },
});

const exportChain = chain(4, "Export the ledger as CSV", {
  at: "verify",
  links: [
    link("build", "done", "Bob"),
    link("verify", "working", "Vera", 48 * SECOND),
    link("review", "waiting"),
    link("accept", "waiting"),
  ],
  since: ago(9 * MINUTE),
  spent: { cost_usd: 0.42, input_tokens: 120_000, output_tokens: 6_000, runs: 3 },
  budgetUsd: 5,
});

const busyTasks = {
  counts: {
    pending: 6,
    claimed: 0,
    in_progress: 2,
    completed: 12,
    blocked: 1,
    failed: 1,
    cancelled: 0,
  },
  rows: {
    ...connected.tasks.rows,
    in_progress: [
      task(18, "Verify the CSV export", "in_progress", {
        link: "verify",
        by: ids.vera.id,
        byName: "Vera",
        age: 48 * SECOND,
      }),
      task(13, "Keep passkeys in the user table", "in_progress", {
        link: "build",
        by: ids.bob.id,
        byName: "Bob",
        age: 192 * SECOND,
      }),
    ],
    pending: [
      task(21, "Name the release", "pending", { isFor: "Carla", age: 6 * MINUTE }),
      task(14, "Verify the passkeys", "pending", { link: "verify", reason: "waits for #13" }),
      task(15, "Review the passkeys", "pending", { link: "review", reason: "waits for #14" }),
      task(16, "Accept the passkeys", "pending", { link: "accept", reason: "waits for #15" }),
      task(19, "Review the CSV export", "pending", { link: "review", reason: "waits for #18" }),
      task(20, "Accept the CSV export", "pending", { link: "accept", reason: "waits for #19" }),
    ],
    blocked: [
      task(11, "Publish to the staging server", "blocked", {
        reason: "needs the key of the staging server",
        age: 22 * MINUTE,
      }),
    ],
    failed: [
      task(9, "Measure the cold start", "failed", {
        reason: "the benchmark does not build",
        age: 41 * MINUTE,
      }),
    ],
    completed: [
      task(17, "Write the CSV export", "completed", {
        link: "build",
        byName: "Bob",
        age: 60 * SECOND,
      }),
      task(12, "Plan the passkeys", "completed", {
        link: "plan",
        byName: "Carla",
        age: 4 * MINUTE,
      }),
    ],
  },
};

const busyEvents = [
  happened(14 * MINUTE, "chain_opened", { by_name: "Ada", title: "Sign in with passkeys" }),
  happened(9 * MINUTE, "chain_opened", { by_name: "Ada", title: "Export the ledger as CSV" }),
  happened(245 * SECOND, "task_completed", {
    by_name: "Carla",
    task_id: idOf("task", 12),
    title: "Plan the passkeys",
    from: "in_progress",
    to: "completed",
  }),
  happened(230 * SECOND, "task_passed", {
    by_name: "Ada",
    task_id: idOf("task", 12),
    title: "Plan the passkeys",
    reason: "names every file and the migration",
  }),
  happened(192 * SECOND, "task_claimed", {
    by_name: "Bob",
    task_id: idOf("task", 13),
    title: "Keep passkeys in the user table",
    from: "pending",
    to: "claimed",
  }),
  happened(60 * SECOND, "task_completed", {
    by_name: "Bob",
    task_id: idOf("task", 17),
    title: "Write the CSV export",
    from: "in_progress",
    to: "completed",
  }),
  happened(48 * SECOND, "task_claimed", {
    by_name: "Vera",
    task_id: idOf("task", 18),
    title: "Verify the CSV export",
    from: "pending",
    to: "claimed",
  }),
  happened(12 * SECOND, "message_sent", { by_name: "Ada", data: { to: ["Rui"] } }),
];

/** Five members, two chains. */
export const busy: Board = {
  ...connected,
  members: Object.values(ids),
  tasks: busyTasks,
  chains: [login, exportChain],
  events: busyEvents,
  spent: { cost_usd: 1.24, input_tokens: 391_000, output_tokens: 21_200, runs: 14 },
};

/** One chain in its second round, one that waits for somebody, one that is done. */
export const feedback: Board = {
  ...busy,
  self: { ...self, budgetUsd: 20 },
  tasks: { ...busyTasks, counts: { ...busyTasks.counts, cancelled: 2 } },
  chains: [
    {
      ...login,
      at: "build",
      round: 2,
      lastRound: {
        round: 1,
        time: iso(3 * MINUTE),
        link: "verify",
        decision: "reject",
        redo: "build",
        reason: "the challenge is not checked against the session",
      },
    },
    {
      ...exportChain,
      status: "waiting",
      at: "verify",
      links: exportChain.links.map((row) =>
        row.link === "verify" ? { ...row, state: "judging" as const } : row
      ),
      question: "Which character set does the bank expect?",
    },
    chain(2, "Dark theme", {
      status: "completed",
      closedAt: ago(31 * MINUTE),
      spent: { cost_usd: 0.21, input_tokens: 1, output_tokens: 1, runs: 5 },
    }),
  ],
  events: [
    ...busyEvents,
    happened(9 * SECOND, "decision_stored", {
      by_name: "Ada",
      task_id: idOf("task", 14),
      title: "Verify the passkeys",
      chain_id: ChainId.parse("chain-0000000003"),
      reason: "the challenge is not checked against the session",
      data: { decision: "reject", link: "verify" },
    }),
    happened(8 * SECOND, "chain_round", {
      by_name: "Ada",
      title: "Sign in with passkeys",
      reason: "the challenge is not checked against the session",
      data: { round: 1 },
    }),
  ],
};

/** The busy team, and nobody who answers at the other end. */
export const lost: Board = {
  ...busy,
  zookeeper: { hosts: "127.0.0.1:2181", state: "suspended", since: ago(17 * SECOND) },
};

/** Another one leads, the team is paused, and a requirement lies there. */
export const standby: Board = {
  ...busy,
  members: [
    ...busy.members.map((each) =>
      each.id === self.id ? { ...each, current_work: "standby" } : each
    ),
    { ...member({ name: "Zoe", role: "leader", act: 21 * MINUTE }), id: InstanceId.parse("zoe-1") },
  ],
  leader: { id: InstanceId.parse("zoe-1"), name: "Zoe", since: ago(2 * 60 * MINUTE), epoch: 3 },
  pause: { until: NOW + 253 * SECOND, reason: "rate limit of the account" },
  requirements: [
    {
      id: idOf("req", 7),
      title: "Send a mail when an export is done",
      status: "submitted",
      since: ago(6 * SECOND),
    },
  ],
};

/** Names and titles that try to do more than be read. */
export const hostile: Board = {
  ...busy,
  self: { ...self, name: "\x1b[2JAda\r\n\x07" },
  members: [
    member({ name: "田中さくら", role: "builder", busy: true, work: "ログイン画面を作る" }),
    member({ name: "👩‍👩‍👧‍👦 family", role: "verifier", busy: true, work: "🚀 shoot 🇩🇪 and ✈️ fly" }),
    member({
      name: "\x1b]0;owned\x07Mallory",
      role: "reviewer",
      busy: true,
      work: "\x1b[31mred\x1b[0m \x9b2J",
    }),
    member({ name: "z̸̢a̶l̷g̴o̶", role: "tester", act: MINUTE }),
    member({ name: "مريم", role: "general", busy: true, work: "abc\u202egpj.exe" }),
    member({ name: "\u200b\u200b", role: "general", busy: true, work: "line one\nline two\ttab" }),
    member({ name: "x".repeat(128), role: "y".repeat(32), busy: true, work: "w".repeat(3_000) }),
  ],
  chains: [{ ...login, title: "漢字".repeat(40) }, {
    ...exportChain,
    title: "\x1b[5mblink\x1b[?1049l",
  }],
};

/** A team without a member or a task. */
export const empty: Board = connected;
