/** The providers, by the names used in settings. */
export type Provider =
  | "ollama"
  | "openai-compatible"
  | "anthropic"
  | "google"
  | "groq"
  | "cohere"
  | "mistral"
  | "nvidia-nim"
  | "builtin";
