/** One provider's settings. */
export type ProviderSettings = { model: string | null; base_url: string | null };
