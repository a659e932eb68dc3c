import { describe, expect, it } from "vitest";
import type { Reviewed } from "@/wire";
import { linesOf, marked, severityOf } from "./room";

describe("a place in the code", () => {
  it("names lines, one or several", () => {
    expect(linesOf("line 3")).toEqual([3]);
    expect(linesOf("api.py, lines 2-4")).toEqual([2, 3, 4]);
    expect(linesOf("7–8")).toEqual([7, 8]);
  });

  it("or says it in words", () => {
    expect(linesOf("the constructor")).toEqual([]);
    expect(linesOf("")).toEqual([]);
    expect(linesOf("function f2")).toEqual([]);
  });
});

it("marks each line with the worst that is said of it", () => {
  const review = {
    findings: [{ rule: "r", severity: "medium", line: 2, title: "", why: "", fix: "" }],
    issues: [
      { severity: "critical", description: "", location: "line 2" },
      { severity: "low", description: "", location: "lines 2-3" },
      { severity: "high", description: "", location: "somewhere" },
    ],
  } as unknown as Reviewed;
  expect([...marked(review)]).toEqual([
    [2, "critical"],
    [3, "low"],
  ]);
});

it("takes an unknown severity for the mildest", () => {
  expect(severityOf("urgent")).toBe("info");
});
