import * as z from "zod";
import { findCycle } from "./dependencies.ts";
import { lazyObject } from "./lazy_object.ts";
import { MAX_PLAN_BYTES } from "./limits.ts";
import { DEFAULT_PRIORITY, type Link, Priority } from "./task.ts";
import { utf8Bytes } from "./text.ts";
import { KNOWN_LINKS } from "./words.ts";

/** Chains that one requirement may become. */
export const MAX_CHAINS = 20;
/** Characters of one text in an answer. */
const MAX_WORDS = 16 * 1024;
const MAX_TITLE = 200;

/** What one link is to do. */
export const LinkPlan = lazyObject(() => ({
  title: z.string().trim().min(1, "must not be empty").max(MAX_TITLE),
  description: z.string().trim().min(1, "must not be empty").max(MAX_WORDS),
  criteria: z.string().trim().min(1, "must not be empty").max(MAX_WORDS),
}));
export type LinkPlan = z.infer<typeof LinkPlan>;

/** One chain of an answer: a plan where one is needed, and always the other four links. */
export const ChainPlan = lazyObject(() => ({
  title: z.string().trim().min(1, "must not be empty").max(MAX_TITLE),
  priority: Priority.default(DEFAULT_PRIORITY),
  /** Numbers, from 1, of the chains of the same answer that have to be accepted before. */
  after: z.array(z.int().positive()).max(MAX_CHAINS).default([]),
  links: lazyObject(() => ({
    plan: LinkPlan.nullable().default(null),
    build: LinkPlan,
    verify: LinkPlan,
    review: LinkPlan,
    accept: LinkPlan,
  })),
}));
export type ChainPlan = z.infer<typeof ChainPlan>;

/** What the Leader's agent answers to a requirement: the shape that is asked for, and checked. */
export const Decomposition = lazyObject(() => ({
  chains: z.array(ChainPlan).min(1, "must hold at least one chain").max(MAX_CHAINS),
}));
/** An answer of the Leader's agent with its defaults filled in: one plan for each chain. */
export type Decomposition = z.infer<typeof Decomposition>;

/** What is wrong with an answer that has the right shape, one sentence each; none: it can be used. */
export function problemsOf({ chains }: Decomposition): string[] {
  const unknown = chains.flatMap(({ after }, at) =>
    after.filter((number) => number > chains.length).map((number) =>
      `chains.${at}.after names chain ${number}, but there are only ${chains.length}`
    )
  );
  if (unknown.length > 0) return unknown;
  const bytes = utf8Bytes(JSON.stringify(chains));
  if (bytes > MAX_PLAN_BYTES) {
    return [
      `the answer has ${bytes} bytes, but at most ${MAX_PLAN_BYTES} are allowed: say it shorter`,
    ];
  }
  const cycle = findCycle(chains.map(({ after }) => after.map((number) => number - 1)));
  if (cycle === null) return [];
  return [`chains wait for each other in a circle: ${cycle.map((at) => at + 1).join(" → ")}`];
}

/** Indexes of the chains so that each comes after those that it waits for. */
export function pushOrder({ chains }: Decomposition): number[] {
  const order: number[] = [];
  const visit = (at: number): void => {
    if (order.includes(at)) return;
    for (const number of chains[at]?.after ?? []) visit(number - 1);
    order.push(at);
  };
  for (const at of chains.keys()) visit(at);
  return order;
}

/** The links of a chain in their order, without those that are left out. */
export function linksOf({ links }: ChainPlan): (LinkPlan & { readonly link: Link })[] {
  return KNOWN_LINKS.flatMap((link) => {
    const plan = links[link];
    return plan === null ? [] : [{ ...plan, link }];
  });
}
