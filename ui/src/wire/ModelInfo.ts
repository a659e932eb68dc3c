import type { Provider } from "./Provider";

/** A model that can be chosen. */
export type ModelInfo = { provider: Provider; name: string; tools: boolean; images: boolean };
