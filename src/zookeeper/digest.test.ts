import { expect, test } from "vitest";
import { digestId } from "./digest.ts";

test("digestId() gives what DigestAuthenticationProvider gives", async () => {
  expect(await digestId("super", "admin")).toBe("super:xQJmxLMiHGwaqBvst5y6rkB6HQs=");
});
