import { expect, it } from "vitest";
import type { Event } from "@/wire";
import { fakeTransport } from ".";

it("answers, and remembers what it was told", async () => {
  const luna = fakeTransport("?pace=0");
  const events: Event[] = [];
  for await (const event of luna.stream("chat.send", { message: "remember that my cat is called Biscuit", images: [] })) events.push(event);
  expect(events.map((event) => event.type)).toEqual(expect.arrayContaining(["turn_started", "tool_started", "tool_ended", "token", "turn_ended"]));
  const [hit] = await luna.call("memory.search", { query: "cat", limit: 5 });
  expect(hit?.fact.content).toContain("Biscuit");
});
