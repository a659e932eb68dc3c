import { describe, expect, it } from "vitest";
import type { Mode, Rule, Verdict } from "@/wire";
import { forecast } from "./judge";

const verdict = (programs: string[][], more: Partial<Verdict> = {}): Verdict => ({
  risk: "moderate",
  blocked: false,
  reasons: [],
  programs,
  opaque: false,
  reversible: true,
  ...more,
});
const rule = (words: string[], mode: Mode): Rule => ({
  id: `${mode} ${words.join(" ")}`,
  tool: "run_command",
  matches: { kind: "command", words },
  mode,
  created_at: "2026-11-22T09:00:00Z",
});

describe("the forecast for a command", () => {
  const gitStatus = rule(["git", "status"], "allow");

  it("follows a rule that fits every part", () => {
    expect(forecast(verdict([["git", "status"]]), [gitStatus], "confirm")).toMatchObject({ mode: "allow", by: "rule" });
  });

  it("does not let a rule carry a part it does not fit", () => {
    expect(forecast(verdict([["git", "status"], ["rm", "a"]]), [gitStatus], "confirm")).toEqual({ mode: "confirm", by: "tool" });
  });

  it("does not let a rule carry what cannot be resolved", () => {
    expect(forecast(verdict([["git", "status"]], { opaque: true }), [gitStatus], "confirm").by).toBe("tool");
  });

  it("lets deny beat ask, and ask beat allow", () => {
    const rules = [rule(["git"], "allow"), rule(["git"], "confirm"), rule(["git", "push"], "block")];
    expect(forecast(verdict([["git", "push"]]), rules, "allow").mode).toBe("block");
    expect(forecast(verdict([["git", "log"]]), rules, "allow").mode).toBe("confirm");
  });

  it("never lets a rule lift a block", () => {
    expect(forecast(verdict([["rm", "-rf", "/"]], { blocked: true }), [rule(["rm"], "allow")], "allow")).toEqual({ mode: "block", by: "judge" });
  });

  it("does not ask for what only reads", () => {
    expect(forecast(verdict([["ls"]], { risk: "safe" }), [], "confirm")).toEqual({ mode: "allow", by: "judge" });
  });
});
