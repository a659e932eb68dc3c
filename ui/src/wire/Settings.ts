import type { Provider } from "./Provider";
import type { ProviderSettings } from "./ProviderSettings";

/** What the user can set. */
export type Settings = {
  user_name: string;
  luna_name: string;
  provider: Provider | null;
  providers: Record<string, ProviderSettings>;
  history_messages: number;
  recalled_facts: number;
  confirm_timeout_s: number;
  command_timeout_s: number;
  first_token_timeout_s: number;
  idle_timeout_s: number;
  learn_facts: boolean;
  theme: string;
  language: string;
  onboarded: boolean;
};
