// What Luna said by herself while nobody looked: a few stay at the edge of the window, more are kept in a list, none goes unseen.
import { describe, expect, it } from "vitest";
import { open, page, visitInEachTest } from "./visit";

visitInEachTest();

const notices = () => page.getByRole("region", { name: "Notices" });
const closing = () => notices().getByRole("button", { name: "Dismiss" });

describe("what Luna said while nobody looked", () => {
  it("stays in sight until it is sent away, with what can be done about it", async () => {
    await page.clock.install();
    await open("#/chat", { query: "waiting=3&" });
    await notices().getByText("Reminder: Call mum").waitFor();
    await page.clock.fastForward(120_000);
    expect(await closing().count()).toBe(3);
    await notices().getByRole("button", { name: "In 10 minutes" }).click();
    await notices().getByText("Call mum").waitFor({ state: "detached" });
    await notices().getByText("Good morning").waitFor();
  });

  it("is told in one notice when it is more than that, and read in a list", async () => {
    await open("#/chat", { query: "waiting=6&" });
    await notices().getByText("6 messages from Luna").waitFor();
    expect(await closing().count()).toBe(1);
    await notices().getByRole("button", { name: "Show" }).click();
    const list = page.getByRole("dialog", { name: "What Luna said by herself" });
    expect(await list.getByRole("listitem").count()).toBe(6);
    await list.getByRole("listitem").filter({ hasText: "disk is full" }).waitFor();
    await list.getByRole("listitem").filter({ hasText: "send the invoice" }).getByRole("button", { name: "Less of this" }).click();
    expect(await list.getByRole("listitem").count()).toBe(5);
    await page.keyboard.press("Escape");
    await list.waitFor({ state: "detached" });
    expect(await notices().getByText("from Luna").count()).toBe(0);
  });
});
