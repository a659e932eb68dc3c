// What a part of the core in memory is: answers to some of the commands.
import type { CommandName, Request, Response } from "../commands";
import { Failure } from "../failure";

export type Handlers = { [Name in CommandName]: (request: Request<Name>) => Response<Name> | Promise<Response<Name>> };

/** The commands whose name begins with one of these. */
export type Part<Prefix extends string> = Pick<Handlers, Extract<CommandName, `${Prefix}.${string}`>>;

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export function found<Thing>(thing: Thing | undefined, what: string): Thing {
  if (thing === undefined) throw new Failure("not_found", `There is no such ${what}.`);
  return thing;
}
