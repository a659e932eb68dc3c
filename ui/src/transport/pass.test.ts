import { beforeEach, expect, it, vi } from "vitest";

const TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl";

async function anew() {
  vi.resetModules();
  return (await import("./pass")).pass;
}
beforeEach(() => sessionStorage.clear());

it("keeps a user's token as long as the tab", async () => {
  (await anew()).show(` ${TOKEN}\n`);
  expect((await anew()).shown).toBe(TOKEN);
  (await anew()).forget();
  expect((await anew()).shown).toBe("");
});

it("keeps the secret nowhere", async () => {
  const pass = await anew();
  pass.show(TOKEN);
  pass.show("a secret of the house that is long enough");
  expect(pass.shown).toBe("a secret of the house that is long enough");
  expect(JSON.stringify({ ...sessionStorage, ...localStorage })).toBe("{}");
  expect((await anew()).shown).toBe("");
});
