// What is to be known of a service that gives keys: whether all are there, and how they are come by.
import { t } from "@/i18n/index.svelte";
import type { Connection } from "@/wire";

/** Whether nothing is missing that the service needs. */
export function complete(connection: Connection): boolean {
  return connection.credentials.every((credential) => credential.optional || credential.held !== "missing");
}

export interface Guide {
  name: string;
  purpose: string;
  steps: readonly string[];
  page: string | undefined;
}

/** Where a service gives its keys. */
const PAGES: Record<string, string> = {
  telegram: "https://t.me/BotFather",
  discord: "https://discord.com/developers/applications",
  slack: "https://api.slack.com/apps",
  spotify: "https://developer.spotify.com/dashboard",
  alpha_vantage: "https://www.alphavantage.co/support/#api-key",
  the_news_api: "https://www.thenewsapi.com/register",
};

/** A service in the user's language; one that the catalogue does not know goes by its own name. */
export function guide(id: string): Guide {
  const known = t().connections.services[id] ?? { name: id, purpose: "", steps: [] };
  return { ...known, page: PAGES[id] };
}
