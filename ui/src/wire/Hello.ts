import type { Provider } from "./Provider";

/** What the core says of itself. */
export type Hello = {
  version: string;
  data_dir: string;
  variant: string;
  provider: Provider;
  model: string;
  recall_engine: string;
  onboarded: boolean;
  user_name: string;
  luna_name: string;
};
