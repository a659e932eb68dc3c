// Outside services: what they gave goes in and never comes out, holds at once, and can be forgotten or switched off.
import { expect, it } from "vitest";
import { open, page, visitInEachTest } from "./visit";

visitInEachTest();

const card = (name: string) => page.getByRole("region", { name, exact: true });

it("takes a token, says that it is there, and shows it no more", async () => {
  await open("#/channels/services");
  const github = card("GitHub");
  await github.getByRole("button", { name: /^GitHub/ }).click();
  await github.getByText("Not set up").waitFor();
  await github.getByLabel("Secret of the webhook").fill("  s3cret ");
  await page.keyboard.press("Enter");
  await github.getByText("Ready").waitFor();
  expect(await github.getByLabel("Secret of the webhook").inputValue()).toBe("");
  expect(await page.content()).not.toContain("s3cret");
  await github.getByRole("button", { name: "Forget" }).click();
  await github.getByText("Not set up").waitFor();
});

it("switches a channel off and keeps what it needs", async () => {
  await open("#/channels/services");
  const telegram = card("Telegram");
  await telegram.getByRole("button", { name: /^Telegram/ }).click();
  await telegram.getByRole("switch", { name: "Luna answers there" }).click();
  await telegram.getByText("Switched off").waitFor();
  await telegram.getByRole("switch", { name: "Luna answers there" }).click();
  await telegram.getByText("Ready").waitFor();
});

it("leaves what the environment gives to the environment", async () => {
  await open("#/settings/connections");
  const slack = card("Slack");
  await slack.getByRole("button", { name: /^Slack/ }).click();
  await slack.getByText("Given by the environment (SLACK_BOT_TOKEN)").waitFor();
  // What is not given can still be taken in the window.
  const fields = slack.getByRole("textbox");
  expect(await fields.count()).toBe(1);
  expect(await slack.getByRole("textbox", { name: "App-level token" }).count()).toBe(1);
});

it("chooses the place of the weather by its name", async () => {
  await open("#/dashboard");
  await page.getByRole("button", { name: "What is on the dashboard" }).click();
  await page.getByLabel("Place of the weather").fill("Bern");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: /^Bern/ }).click();
  await page.getByText("Now: Bern").waitFor();
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await page.getByRole("button", { name: "What is on the dashboard" }).click();
  await page.getByText("Now: Bern").waitFor();
});
