// Accounts at calendar servers in memory: one that agrees, and one whose password is no longer taken.
import type { AccountCalendar, CalendarAccountState, CalendarThere } from "@/wire";
import { Failure } from "../failure";
import type { Handlers } from "./handlers";

export type Served = Pick<
  Handlers,
  | "calendar.accounts"
  | "calendar.find"
  | "calendar.add_account"
  | "calendar.sync"
  | "calendar.set_password"
  | "calendar.choose"
  | "calendar.usual"
  | "calendar.remove_account"
>;

const THERE: CalendarThere[] = [
  { url: "https://dav.example.com/ada/home/", name: "Home", colour: "#2968ff", writable: true, events: true, todos: true },
  { url: "https://dav.example.com/ada/team/", name: "Work", colour: "#e5484d", writable: false, events: true, todos: false },
];

export function calendarAccounts(bare: boolean, id: () => string, now: () => string): Served {
  let all: CalendarAccountState[] = [];

  function add(name: string, url: string, user: string, chosen: (url: string) => boolean): CalendarAccountState {
    const account = { id: id(), name, url, user, unencrypted: false, synced_at: null, failure: null, failures: 0, next_at: null, created_at: now() };
    const calendars: AccountCalendar[] = THERE.map((one) => ({ ...one, id: id(), account: account.id, chosen: chosen(one.url), usual: false }));
    const state = { account, calendars };
    all = [...all, state];
    return state;
  }

  function of(account: string): CalendarAccountState {
    const state = all.find((one) => one.account.id === account);
    if (!state) throw new Failure("not_found", "there is no such calendar account");
    return state;
  }

  function change(calendar: string, to: Partial<AccountCalendar>): AccountCalendar {
    const found = all.flatMap((state) => state.calendars).find((one) => one.id === calendar);
    if (!found) throw new Failure("not_found", "there is no such calendar");
    return Object.assign(found, to);
  }

  if (!bare) {
    Object.assign(add("Family", "https://dav.example.com", "ada", () => true).account, { synced_at: now() });
    const failing = add("Office", "https://calendar.example.org", "ada@example.org", (url) => url.endsWith("/team/"));
    const why = "Work: the calendar server does not take this user name and password; many services want a password that is made for one program (an app password) (401)";
    Object.assign(failing.account, { failure: why, failures: 1, next_at: now() });
  }

  return {
    "calendar.accounts": () => all.map((state) => ({ account: { ...state.account }, calendars: state.calendars.map((one) => ({ ...one })) })),
    "calendar.find": ({ password }) => {
      if (password.startsWith("bad")) throw new Failure("unauthenticated", "The calendar server does not take this user name and password.");
      return THERE;
    },
    "calendar.add_account": ({ name, url, user, calendars }) => add(name || new URL(url).host, url, user, (one) => calendars?.includes(one) ?? true),
    "calendar.sync": ({ account }) => {
      const state = of(account);
      if (!state.account.failure) state.account.synced_at = now();
      return state;
    },
    "calendar.set_password": ({ account }) => {
      Object.assign(of(account).account, { failure: null, failures: 0, next_at: null, synced_at: now() });
      return {};
    },
    "calendar.choose": ({ calendar, chosen }) => change(calendar, chosen ? { chosen } : { chosen, usual: false }),
    "calendar.usual": ({ calendar, usual }) => {
      for (const state of all) for (const one of state.calendars) one.usual = false;
      return change(calendar, { usual });
    },
    "calendar.remove_account": ({ account }) => {
      all = all.filter((state) => state.account.id !== account);
      return {};
    },
  };
}
