// What Luna says by herself, how much of it, and what she said while nobody looked.
import type { Initiative, OwnWord } from "@/wire";
import type { Core } from "./core";
import { ago } from "./data";
import { found, type Part } from "./handlers";

const SAID: [text: string, about: OwnWord["about"]][] = [
  ["Good morning. Today: Design review at 10:00, Dentist at 14:00.", { kind: "greeting", initiative: "brief" }],
  ["Reminder: Call mum", { kind: "reminder", reminder: "reminder1" }],
  ["You wanted to send the invoice by yesterday.", { kind: "greeting", initiative: "follow_up" }],
  ["The job Back up the photographs failed: the disk is full.", { kind: "job", job: "job1" }],
];

/** As many of them as that, the oldest first. */
function ownWords(count: number): OwnWord[] {
  return Array.from({ length: count }, (_, index): OwnWord => {
    const [text, about] = SAID[index % SAID.length] ?? ["", null];
    const round = Math.floor(index / SAID.length);
    return { text: round === 0 ? text : `${text} (${round + 1})`, about, at: ago((count - index) * 1_800_000) };
  });
}

export function initiative(core: Core): Part<"initiative"> {
  const initiatives: Initiative[] = [
    { kind: "brief", restraint: "none", last: ago(7_200_000) },
    { kind: "overdue", restraint: "none", last: null },
    { kind: "follow_up", restraint: "two_days", last: ago(86_400_000) },
    { kind: "check_in", restraint: "none", last: null },
    { kind: "greeting", restraint: "none", last: null },
  ];
  let waiting = ownWords(Number(core.options.get("waiting") ?? 0));
  return {
    "initiative.get": () => ({ user: core.user(), kinds: initiatives }),
    "initiative.waiting": () => waiting,
    "initiative.shown": ({ text }) => {
      waiting = waiting.filter((one) => one.text !== text);
      return {};
    },
    "initiative.leave": (request) => {
      core.leave = request.leave;
      core.publish({ type: "user_changed", user: core.user() });
      return core.user();
    },
    "initiative.less": ({ kind }) => {
      const steps = { none: "two_days", two_days: "week", week: "never", never: "never" } as const;
      const one = found(initiatives.find((other) => other.kind === kind), "kind");
      one.restraint = steps[one.restraint];
      return one;
    },
    "initiative.reset": ({ kind }) => {
      found(initiatives.find((other) => other.kind === kind), "kind").restraint = "none";
      return {};
    },
  };
}
