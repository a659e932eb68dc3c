import { expect, it } from "vitest";
import { de } from "@/i18n/de";
import { en } from "@/i18n/en";
import { cronText } from "./times";

const said = (pattern: string): string | undefined => cronText(pattern, en.scheduler.times, "en")?.replace(/\s/g, " ");

it("says the times that are common", () => {
  expect(said("0 9 * * *")).toBe("Every day at 9:00 AM");
  expect(said("30 17 * * 1-5")).toBe("On weekdays at 5:30 PM");
  expect(said("0 9 * * 5,1,0")).toBe("On Monday, Friday, and Sunday at 9:00 AM");
  expect(said("0 12 1 * *")).toBe("On day 1 of every month at 12:00 PM");
  expect(said("*/20 * * * *")).toBe("Every 20 minutes");
  expect(said("* * * * *")).toBe("Every minute");
  expect(said("0 * * * *")).toBe("Every hour");
  expect(said("0 */6 * * *")).toBe("Every 6 hours");
  expect(cronText("0 9 * * 1-5", de.scheduler.times, "de")).toBe("An Werktagen um 09:00");
});

it("leaves the others to the core", () => {
  for (const pattern of ["0 9 1 1 *", "0 9-17 * * *", "5,35 * * * *", "5 */2 * * *", "*/45 * * * *", "0 */5 * * *", "0 9 1 * 1", "@daily", "0 0 9 * * *"]) expect(said(pattern)).toBeUndefined();
});
