// The only door to the core. Everything else imports `luna` and does not know what is behind it.
import { httpTransport } from "./http";
import type { Transport } from "./transport";

export { Failure } from "./failure";
export type * from "./commands";
export { patched } from "./patch";
export type { Transport } from "./transport";

async function choose(): Promise<Transport> {
  if (import.meta.env.MODE === "fake") return (await import("./fake")).fakeTransport();
  return httpTransport();
}

/** The core. */
export const luna: Transport = await choose();
