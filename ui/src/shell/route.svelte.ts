// Where the user is: `#/<screen>/<section or id>`. The hash works from any path and inside the desktop window alike.

export const SCREENS = ["chat", "run", "memory", "agent", "today", "scheduler", "channels", "dashboard", "workshop", "settings"] as const;
/** Places that are gone to by name only. */
const ASIDE = ["design"] as const;
export type Screen = (typeof SCREENS)[number] | (typeof ASIDE)[number];

export interface Route {
  screen: Screen;
  /** A conversation, a run or a section; empty for the screen's own start. */
  detail: string;
}

/** The route that a hash means; what is unknown leads to the chat. */
export function parseRoute(hash: string): Route {
  const [screen = "", detail = ""] = hash.replace(/^#\/?/, "").split("/");
  const known = [...SCREENS, ...ASIDE].find((name) => name === screen);
  let text = "";
  try {
    text = decodeURIComponent(detail);
  } catch {
    // A hash typed by hand may hold a stray `%`; the screen's start is shown then.
  }
  return known ? { screen: known, detail: text } : { screen: "chat", detail: "" };
}

class Router {
  current = $state.raw<Route>(parseRoute(location.hash));

  constructor() {
    addEventListener("hashchange", () => {
      this.current = parseRoute(location.hash);
    });
  }

  go(screen: Screen, detail = "", replace = false): void {
    const hash = detail === "" ? `#/${screen}` : `#/${screen}/${encodeURIComponent(detail)}`;
    if (replace) history.replaceState(null, "", hash);
    else if (location.hash !== hash) history.pushState(null, "", hash);
    this.current = { screen, detail };
  }
}

export const router = new Router();

addEventListener("popstate", () => {
  router.current = parseRoute(location.hash);
});
