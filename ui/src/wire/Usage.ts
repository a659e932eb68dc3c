/** Tokens of one request. */
export type Usage = { input_tokens: number; output_tokens: number };
