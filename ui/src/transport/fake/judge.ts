// A judge for the stand-in core, by first words only. The real one parses bash; this one only has to be plausible.
import type { Reason, Risk, Verdict } from "@/wire";

const KNOWN: [pattern: RegExp, risk: Risk, why: string, blocks?: boolean][] = [
  [/^rm\s+-\w*r\w*f?\w*\s+["']?\/["']?$/, "dangerous", "deletes the root folder", true],
  [/^sudo\b/, "dangerous", "runs with the system's privileges"],
  [/^rm\b/, "dangerous", "deletes files"],
  [/^git push\b/, "moderate", "changes the remote repository"],
  [/^(mkdir|touch|mv|cp|tee)\b/, "moderate", "creates or changes files"],
  [/^(apt|npm|pip)\b/, "moderate", "installs or changes packages"],
  [/>/, "moderate", "writes to a file"],
];

export function judge(command: string): Verdict {
  const parts = command.split(/&&|\|\||[;|\n]/).map((part) => part.trim()).filter(Boolean);
  const reasons = parts.flatMap((part): Reason[] => {
    const hit = KNOWN.find(([pattern]) => pattern.test(part));
    return hit ? [{ risk: hit[1], blocks: hit[3] ?? false, words: part, why: hit[2] }] : [];
  });
  const risk: Risk = reasons.some((r) => r.risk === "dangerous") ? "dangerous" : reasons.length > 0 ? "moderate" : "safe";
  return {
    risk,
    blocked: reasons.some((reason) => reason.blocks),
    reasons,
    programs: parts.map((part) => part.split(/\s+/)),
    opaque: /\$[({]/.test(command),
    reversible: !/^sudo/.test(command),
  };
}
