// What Luna said by herself while nobody looked.
import type { OwnWord } from "@/wire";
import { ago } from "./data";

const SAID: [text: string, about: OwnWord["about"]][] = [
  ["Good morning. Today: Design review at 10:00, Dentist at 14:00.", { kind: "greeting", initiative: "brief" }],
  ["Reminder: Call mum", { kind: "reminder", reminder: "reminder1" }],
  ["You wanted to send the invoice by yesterday.", { kind: "greeting", initiative: "follow_up" }],
  ["The job Back up the photographs failed: the disk is full.", { kind: "job", job: "job1" }],
];

/** As many of them as that, the oldest first. */
export function ownWords(count: number): OwnWord[] {
  return Array.from({ length: count }, (_, index): OwnWord => {
    const [text, about] = SAID[index % SAID.length] ?? ["", null];
    const round = Math.floor(index / SAID.length);
    return { text: round === 0 ? text : `${text} (${round + 1})`, about, at: ago((count - index) * 1_800_000) };
  });
}
