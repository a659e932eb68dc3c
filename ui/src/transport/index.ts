// The only door to the core. Everything else imports `luna` and does not know what is behind it.
import { inDesktop } from "./desktop";
import { httpTransport } from "./http";
import type { Transport } from "./transport";

export { desktop, inDesktop, type Surroundings } from "./desktop";
export { Failure } from "./failure";
export { pass } from "./pass";
export type * from "./commands";
export { patched } from "./patch";
export type { Transport } from "./transport";

async function choose(): Promise<Transport> {
  if (import.meta.env.MODE === "fake") return (await import("./fake")).fakeTransport();
  if (inDesktop) return (await import("./ipc")).ipcTransport();
  return httpTransport();
}

/** The core. */
export const luna: Transport = await choose();
