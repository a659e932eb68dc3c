// Webhooks, and accounts with their keys, of the core in memory.
import type { Account, AccountView, ApiKey, Tier, WebhookDelivery, WebhookView } from "@/wire";
import { Failure } from "../failure";
import { ago } from "./data";
import { found, type Part } from "./handlers";

const HOUR = 3_600_000;
const MOST_KEYS = 5;
const LIMITS: Record<Tier, [minute: number, month: number]> = { free: [60, 100], pro: [600, 10_000], team: [6_000, 100_000] };

function hook(id: string, name: string, more: Partial<WebhookView>): WebhookView {
  return { id, name, enabled: true, conversation: "c1", handler: "answer", triggered_at: null, created_at: ago(400 * HOUR), path: `/api/webhooks/${id}/trigger`, ...more };
}

export function webhooks(bare: boolean): Part<"webhooks"> {
  let hooks = bare
    ? []
    : [
        hook("0199a1de-6c1e-7d1f-b4a8-0c2f7f1c9b11", "Build server", { triggered_at: ago(0.2 * HOUR) }),
        hook("0199a1de-6c1e-7d1f-b4a8-0c2f7f1c9b12", "Door sensor", { handler: "store", conversation: "c2", triggered_at: ago(30 * HOUR) }),
        hook("0199a1de-6c1e-7d1f-b4a8-0c2f7f1c9b13", "Old CI", { enabled: false, conversation: null }),
      ];
  const came: WebhookDelivery[] = [
    { at: ago(0.2 * HOUR), bytes: 412, refused: null },
    { at: ago(3 * HOUR), bytes: 388, refused: null },
    { at: ago(26 * HOUR), bytes: 91, refused: "the secret is wrong" },
    { at: ago(27 * HOUR), bytes: 402, refused: null },
  ];
  return {
    "webhooks.list": () => hooks,
    "webhooks.make": ({ name, handler, conversation }) => {
      if (name.trim() === "") throw new Failure("invalid", "a webhook has a name of 1 to 100 characters");
      const webhook = hook(crypto.randomUUID(), name, { handler, conversation, created_at: ago(0) });
      hooks = [webhook, ...hooks];
      return { webhook, secret: "5f1d0c7ab93e4e6c8a07d2b4f61e39c05f1d0c7ab93e4e6c8a07d2b4f61e39c0" };
    },
    "webhooks.toggle": ({ webhook }) => {
      hooks = hooks.map((one) => (one.id === webhook ? { ...one, enabled: !one.enabled } : one));
      return found(hooks.find((one) => one.id === webhook), "webhook");
    },
    "webhooks.delete": ({ webhook }) => {
      hooks = hooks.filter((one) => one.id !== webhook);
      return {};
    },
    "webhooks.deliveries": ({ webhook }) => (found(hooks.find((one) => one.id === webhook), "webhook").triggered_at === null ? [] : came),
  };
}

export function accounts(bare: boolean): Part<"accounts"> {
  const key = (account: string, name: string, prefix: string, used: number | null): ApiKey => ({
    id: crypto.randomUUID(),
    account,
    name,
    prefix,
    created_at: ago(200 * HOUR),
    last_used_at: used === null ? null : ago(used * HOUR),
  });
  let all: Account[] = bare
    ? []
    : [
        { id: "a1", email: "ada@example.com", name: "Ada", tier: "pro", created_at: ago(900 * HOUR) },
        { id: "a2", email: "ci@example.com", name: "Build server", tier: "free", created_at: ago(300 * HOUR) },
      ];
  let keys = bare ? [] : [key("a1", "Laptop", "lnos_live_3f9c", 0.4), key("a1", "Editor", "lnos_live_b71e", null), key("a2", "Pipeline", "lnos_live_90aa", 5)];
  const view = (id: string): AccountView => {
    const account = found(all.find((one) => one.id === id), "account");
    const [requests_a_minute, limit] = LIMITS[account.tier];
    return {
      account,
      keys: keys.filter((one) => one.account === id),
      most_keys: MOST_KEYS,
      requests_a_minute,
      used: id === "a2" ? 83 : 412,
      limit,
      until: new Date(Date.now() + 9 * 24 * HOUR).toISOString(),
    };
  };
  return {
    "accounts.list": () => all,
    "accounts.create": ({ email, password, name }) => {
      if (!email.includes("@")) throw new Failure("invalid", "that is no email address");
      if (password.length < 8) throw new Failure("invalid", "a password has 8 to 256 characters");
      const account: Account = { id: crypto.randomUUID(), email, name: name || email, tier: "free", created_at: ago(0) };
      all = [...all, account];
      return account;
    },
    "accounts.get": ({ account }) => view(account),
    "accounts.set_tier": ({ email, tier }) => {
      all = all.map((one) => (one.email === email ? { ...one, tier } : one));
      return found(all.find((one) => one.email === email), "account");
    },
    "accounts.make_key": ({ account, name }) => {
      if (view(account).keys.length >= MOST_KEYS) throw new Failure("limit_reached", "an account has at most 5 keys; revoke one first");
      const made = key(account, name, "lnos_live_c4d2", null);
      keys = [...keys, { ...made, created_at: ago(0) }];
      return { key: made, secret: "lnos_live_c4d21f8b06a74d53a5c8e91f3b7d0e62" };
    },
    "accounts.revoke_key": ({ key: revoked }) => {
      keys = keys.filter((one) => one.id !== revoked);
      return {};
    },
  };
}
