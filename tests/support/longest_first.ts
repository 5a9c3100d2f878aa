import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Where the suites are that take longest, and those that take long; all others are over in no time. */
const LONG = [/\/tests\/(chaos|e2e)\/|_losses\.test\.ts$|\/differential\.test\.ts$/, /\/tests\//];

/**
 * Begins with the suites that take longest, of those with the largest: one that began last would keep
 * all workers but one waiting at the end.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).toSorted((one, other) => rank(one) - rank(other));
  }
}

function rank({ moduleId }: TestSpecification): number {
  const place = LONG.findIndex((long) => long.test(moduleId));
  return place === -1 ? LONG.length : place;
}
