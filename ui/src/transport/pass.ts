// What this page shows to a core that many share: a user's token, or the secret of the house. A token stays with the tab;
// the secret is only in memory and is gone with the page.

const KEPT = "luna-token";

/** Tokens are signed (JWT: three parts); the secret is not. */
const isToken = (pass: string): boolean => /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/.test(pass);

/** Where a token outlives a reload of the page; some browsers forbid it. */
function tab(): Storage | undefined {
  try {
    return sessionStorage;
  } catch {
    return undefined;
  }
}

let shown = tab()?.getItem(KEPT) ?? "";

export const pass = {
  /** What is shown; empty where nothing was asked for. */
  get shown(): string {
    return shown;
  },

  /** Shows this from now on. */
  show(what: string): void {
    shown = what.trim();
    if (isToken(shown)) tab()?.setItem(KEPT, shown);
    else tab()?.removeItem(KEPT);
  },

  /** Shows nothing any more. */
  forget(): void {
    this.show("");
  },
};
