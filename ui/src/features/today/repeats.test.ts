import { expect, it } from "vitest";
import { en } from "@/i18n/en";
import { repeatText } from "./repeats";

const said = (rule: string): string => repeatText(rule, en.today.repeats, "en");

it("says how an event repeats", () => {
  expect(said("weekly")).toBe("Weekly");
  expect(said("FREQ=WEEKLY")).toBe("Weekly");
  expect(said("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR")).toBe("On weekdays");
  expect(said("FREQ=WEEKLY;BYDAY=TU,FR")).toBe("Weekly on Tuesday and Friday");
  expect(said("FREQ=DAILY;INTERVAL=3")).toBe("Every 3 days");
  expect(said("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU")).toBe("Every 2 weeks on Tuesday");
  expect(said("FREQ=MONTHLY;BYDAY=-1FR;COUNT=4")).toBe("Monthly on -1. Friday, 4 times");
  expect(said("FREQ=DAILY;UNTIL=20260503T220000Z")).toBe("Daily, until May 3, 2026");
  expect(said("SOMETHING")).toBe("SOMETHING");
});
