import { expect, it } from "vitest";
import type { WorkspaceFile } from "@/wire";
import { tree, type Branch } from "./tree";

const file = (path: string): WorkspaceFile => ({ path, size: 1, modified: "2026-11-22T09:00:00Z" });
const shape = (branches: Branch[]): unknown[] =>
  branches.map((branch) => (branch.kind === "folder" ? [branch.path, shape(branch.children)] : branch.name));

it("makes a tree of paths, folders first", () => {
  expect(shape(tree([file("z.md"), file("notes/b.md"), file("notes/deep/c.md"), file("a.md")]))).toEqual([
    ["notes", [["notes/deep", ["c.md"]], "b.md"]],
    "a.md",
    "z.md",
  ]);
});
