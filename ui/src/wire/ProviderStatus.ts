import type { Provider } from "./Provider";
import type { Timestamp } from "./Timestamp";

/** A provider's state. */
export type ProviderStatus = {
  provider: Provider;
  configured: boolean;
  active: boolean;
  model: string;
  base_url: string | null;
  last_ok: Timestamp | null;
  last_error: string | null;
};
