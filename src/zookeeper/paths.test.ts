import { describe, expect, test } from "vitest";
import { Chroot, pathProblem } from "./paths.ts";

describe("pathProblem()", () => {
  test.each(["/", "/a", "/a/b", "/...", "/.a", "/a./b..", "/a b", "/é/中", "/~", "/\u00a0"])(
    "accepts %j",
    (path) => expect(pathProblem(path)).toBeNull(),
  );

  test.each([
    ["", "begin with a slash"],
    ["a", "begin with a slash"],
    ["/a/", "end in a slash"],
    ["//", "empty segment"],
    ["//a", "empty segment"],
    ["/a//b", "empty segment"],
    ["/.", "segments . and .."],
    ["/a/..", "segments . and .."],
    ["/./a", "segments . and .."],
    ["/é/../a", "segments . and .."],
    ["/é//a", "empty segment"],
    ["/\0", "character"],
    ["/a\u001f", "character"],
    ["/a\u007f", "character"],
    ["/a\u009f", "character"],
    ["/🐘", "character"],
    ["/\ue000", "character"],
    ["/\ufffd", "character"],
  ])("refuses %j", (path, problem) => expect(pathProblem(path)).toContain(problem));

  test("lets the path of a sequential node end in a slash", () => {
    expect(pathProblem("/a/", true)).toBeNull();
    expect(pathProblem("/é/", true)).toBeNull();
    expect(pathProblem("/", true)).toBeNull();
    expect(pathProblem("/a//", true)).toContain("empty segment");
    expect(pathProblem("//", true)).toContain("empty segment");
    expect(pathProblem("/./", true)).toContain("segments . and ..");
  });
});

describe("Chroot", () => {
  const chroot = new Chroot("/team/x");

  test("goes before paths and comes off again", () => {
    expect(chroot.toServer("/")).toBe("/team/x");
    expect(chroot.toServer("/", true)).toBe("/team/x/");
    expect(chroot.toServer("/a")).toBe("/team/x/a");
    expect(chroot.toClient("/team/x")).toBe("/");
    expect(chroot.toClient("/team/x/a")).toBe("/a");
  });

  test("contains itself and what is below, not what only begins alike", () => {
    expect(["/team/x", "/team/x/a", "/team/xy", "/team", "/"].map((path) => chroot.contains(path)))
      .toEqual([true, true, false, false, false]);
    expect(new Chroot("").contains("/a")).toBe(true);
  });
});
