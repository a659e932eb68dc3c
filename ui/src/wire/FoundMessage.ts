import type { Message } from "./Message";

/** A message found by search, with its conversation's title. */
export type FoundMessage = { message: Message; title: string };
