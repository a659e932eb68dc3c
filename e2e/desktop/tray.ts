// A tray, as a desktop's panel is one: programs register their icons over the session's bus (StatusNotifierItem), the panel
// reads their menus (com.canonical.dbusmenu) and tells them what was chosen.
import * as dbus from "@homebridge/dbus-native";

interface Call {
  path: string;
  destination: string;
  interface: string;
  member: string;
  signature?: string;
  body?: unknown[];
}

/** What of the package is used here; its own types leave most of it out. */
interface Bus {
  connection: { end(): void };
  invoke(call: Call, done: (error: { name: string; message: unknown } | null, ...body: unknown[]) => void): void;
  requestName(name: string, flags: number, done: (error: unknown) => void): void;
  exportInterface(object: object, path: string, description: object): void;
}

/** A line of the menu. */
export interface Entry {
  id: number;
  label: string;
  enabled: boolean;
  /** Of a switch, whether it is on. */
  on?: boolean;
}

type Variant = [unknown, [unknown]];
type Layout = [id: number, properties: [string, Variant][], children: Variant[]];

const WATCHER = "org.kde.StatusNotifierWatcher";
const ITEM = "org.kde.StatusNotifierItem";
const MENU = "com.canonical.dbusmenu";

export class Tray {
  #item: { destination: string; path: string } | undefined;

  private constructor(readonly bus: Bus) {}

  /** Takes the place of the panel. Programs that start later find it. */
  static async open(): Promise<Tray> {
    const bus = (dbus as unknown as { sessionBus(): Bus }).sessionBus();
    const tray = new Tray(bus);
    const watcher = {
      RegisterStatusNotifierItem: (service: string, message: { sender: string }) => {
        // A path says that the item lies with who registers it.
        tray.#item = service.startsWith("/") ? { destination: message.sender, path: service } : { destination: service, path: "/StatusNotifierItem" };
      },
      RegisterStatusNotifierHost: () => undefined,
      RegisteredStatusNotifierItems: [],
      IsStatusNotifierHostRegistered: true,
      ProtocolVersion: 0,
    };
    bus.exportInterface(watcher, "/StatusNotifierWatcher", {
      name: WATCHER,
      methods: { RegisterStatusNotifierItem: ["s", ""], RegisterStatusNotifierHost: ["s", ""] },
      properties: { RegisteredStatusNotifierItems: "as", IsStatusNotifierHostRegistered: "b", ProtocolVersion: "i" },
      signals: { StatusNotifierHostRegistered: [""] },
    });
    await new Promise<void>((resolve, reject) => bus.requestName(WATCHER, 0, (error) => (error ? reject(new Error(JSON.stringify(error))) : resolve())));
    return tray;
  }

  get filled(): boolean {
    return this.#item !== undefined;
  }

  close(): void {
    this.bus.connection.end();
  }

  /** The lines of the menu, from the top; lines that only part are left out. */
  async entries(): Promise<Entry[]> {
    const { destination } = this.#registered();
    const path = await this.#menu();
    const [, layout] = (await this.#call({ destination, path, interface: MENU, member: "GetLayout", signature: "iias", body: [0, -1, []] })) as [number, Layout];
    return layout[2].map((child) => entry(child[1][0] as Layout)).filter((line) => line.label !== "");
  }

  /** Chooses a line, as a click does. */
  async choose(label: RegExp): Promise<void> {
    const { destination } = this.#registered();
    const line = (await this.entries()).find((line) => label.test(line.label));
    if (!line) throw new Error(`the menu has no ${String(label)}`);
    await this.#call({ destination, path: await this.#menu(), interface: MENU, member: "Event", signature: "isvu", body: [line.id, "clicked", ["s", ""], 0] });
  }

  #registered(): { destination: string; path: string } {
    if (!this.#item) throw new Error("nothing registered an icon");
    return this.#item;
  }

  async #menu(): Promise<string> {
    const call = { ...this.#registered(), interface: "org.freedesktop.DBus.Properties", member: "Get", signature: "ss", body: [ITEM, "Menu"] };
    const [menu] = (await this.#call(call)) as [Variant];
    return menu[1][0] as string;
  }

  #call(call: Call): Promise<unknown[]> {
    return new Promise((resolve, reject) =>
      this.bus.invoke(call, (error, ...body) => (error ? reject(new Error(`${call.member}: ${error.name}: ${String(error.message)}`)) : resolve(body))),
    );
  }
}

function entry([id, properties]: Layout): Entry {
  const said = new Map(properties.map(([name, [, [value]]]) => [name, value]));
  const line = {
    id,
    // An underscore marks the letter that chooses it.
    label: String(said.get("label") ?? "").replace(/_(?=[^_])/g, ""),
    enabled: said.get("enabled") !== false,
  };
  return said.get("toggle-type") === "checkmark" ? { ...line, on: said.get("toggle-state") === 1 } : line;
}
