// A desktop's portal for hotkeys (org.freedesktop.portal.GlobalShortcuts), as Wayland has one: programs ask it for keys, it says
// which it gives, and tells when they are pressed.
import * as dbus from "@homebridge/dbus-native";

interface Bus {
  connection: { end(): void };
  requestName(name: string, flags: number, done: (error: unknown) => void): void;
  exportInterface(object: object, path: string, description: object): void;
  sendSignal(path: string, name: string, member: string, signature: string, body: unknown[]): void;
}

/** `a{sv}` as the package reads it. */
type Options = [string, [unknown, [unknown]]][];

const PATH = "/org/freedesktop/portal/desktop";
const SHORTCUTS = "org.freedesktop.portal.GlobalShortcuts";

export class Portal {
  /** The keys that were asked for last: what for, and which. */
  asked = new Map<string, string>();
  /** Sessions that are open; keys are told to each. */
  sessions: string[] = [];

  private constructor(private readonly bus: Bus) {}

  /** Takes the place of the desktop's portal. `gives` says which key it gives for one that is asked for. */
  static async open(gives: (key: string) => string): Promise<Portal> {
    const bus = (dbus as unknown as { sessionBus(): Bus }).sessionBus();
    const portal = new Portal(bus);
    const request = (sender: string, options: Options, results: unknown[]): string => {
      const handle = `${PATH}/request/${named(sender)}/${text(options, "handle_token")}`;
      bus.sendSignal(handle, "org.freedesktop.portal.Request", "Response", "ua{sv}", [0, results]);
      return handle;
    };
    const shortcuts = {
      CreateSession: (options: Options, { sender }: { sender: string }) => {
        const session = `${PATH}/session/${named(sender)}/${text(options, "session_handle_token")}`;
        portal.sessions.push(session);
        bus.exportInterface({ Close: () => void (portal.sessions = portal.sessions.filter((open) => open !== session)) }, session, {
          name: "org.freedesktop.portal.Session",
          methods: { Close: ["", ""] },
          properties: {},
          signals: {},
        });
        return request(sender, options, [["session_handle", ["s", session]]]);
      },
      BindShortcuts: (_session: string, keys: [string, Options][], _parent: string, options: Options, { sender }: { sender: string }) => {
        portal.asked = new Map(keys.map(([id, wish]) => [id, text(wish, "preferred_trigger")]));
        const given = keys.map(([id, wish]) => [
          id,
          [
            ["description", ["s", text(wish, "description")]],
            ["trigger_description", ["s", gives(text(wish, "preferred_trigger"))]],
          ],
        ]);
        return request(sender, options, [["shortcuts", ["a(sa{sv})", given]]]);
      },
      version: 1,
    };
    bus.exportInterface(shortcuts, PATH, {
      name: SHORTCUTS,
      methods: { CreateSession: ["a{sv}", "o"], BindShortcuts: ["oa(sa{sv})sa{sv}", "o"] },
      properties: { version: "u" },
      signals: { Activated: ["osta{sv}"], Deactivated: ["osta{sv}"] },
    });
    await new Promise<void>((resolve, reject) =>
      bus.requestName("org.freedesktop.portal.Desktop", 0, (error) => (error ? reject(new Error(JSON.stringify(error))) : resolve())),
    );
    return portal;
  }

  /** A key goes down and up. */
  press(id: string): void {
    for (const session of this.sessions) {
      for (const member of ["Activated", "Deactivated"]) this.bus.sendSignal(PATH, SHORTCUTS, member, "osta{sv}", [session, id, 0, []]);
    }
  }

  close(): void {
    this.bus.connection.end();
  }
}

/** A name on the bus as a part of a path. */
function named(sender: string): string {
  return sender.replace(/^:/, "").replaceAll(".", "_");
}

function text(options: Options, name: string): string {
  return String(options.find(([key]) => key === name)?.[1][1][0] ?? "");
}
