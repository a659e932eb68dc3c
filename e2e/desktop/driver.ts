// The real window, through WebDriver: tauri-driver, which speaks to WebKitWebDriver, which starts the program. Knows nothing
// of what is tested.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { freePort } from "../luna";

const ELEMENT = "element-6066-11e4-a52e-4f735466cecf";
const PATIENCE = 30_000;

/** A session with one start of the program. */
export class Window {
  private constructor(
    private readonly driver: ChildProcess,
    private readonly base: string,
    private session: string,
  ) {}

  static async open(program: string, env: NodeJS.ProcessEnv): Promise<Window> {
    const driver = process.env["TAURI_DRIVER"];
    if (driver === undefined) throw new Error("TAURI_DRIVER does not name tauri-driver; npm test -- desktop sets it up.");
    const [port, native] = [await freePort(), await freePort()];
    const child = spawn(driver, ["--port", String(port), "--native-port", String(native)], { env, stdio: ["ignore", "inherit", "inherit"] });
    const base = `http://127.0.0.1:${port}`;
    await until("tauri-driver answers", () => fetch(`${base}/status`).then(() => true, () => false));
    const window = new Window(child, base, "");
    const capabilities = { alwaysMatch: { "tauri:options": { application: program } } };
    const opened = (await window.send("POST", "/session", { capabilities }).catch(async (thrown: unknown) => {
      child.kill("SIGTERM");
      throw thrown;
    })) as { sessionId: string };
    window.session = `/session/${opened.sessionId}`;
    return window;
  }

  /** Ends the program, as the end of a session does, and the driver. */
  async close(): Promise<void> {
    if (this.driver.exitCode !== null || this.driver.signalCode !== null) return;
    await this.send("DELETE", this.session).catch(() => undefined);
    const gone = once(this.driver, "exit");
    this.driver.kill("SIGTERM");
    await gone;
  }

  /** Runs JavaScript in the page; it gives what it returns. */
  async run<Result>(script: string, ...args: unknown[]): Promise<Result> {
    return (await this.send("POST", `${this.session}/execute/sync`, { script, args })) as Result;
  }

  /** Runs JavaScript in the page that gives its result later, to its last argument. */
  async later<Result>(script: string, ...args: unknown[]): Promise<Result> {
    return (await this.send("POST", `${this.session}/execute/async`, { script, args })) as Result;
  }

  /** Waits until a piece of JavaScript gives something. */
  async see<Result>(what: string, script: string, ...args: unknown[]): Promise<Result> {
    return until(what, () => this.run<Result>(script, ...args));
  }

  /** Waits for a text on the page. */
  async seeText(text: string): Promise<void> {
    await this.see(`“${text}”`, "return document.body.innerText.includes(arguments[0])", text);
  }

  /** Clicks what has this role and name, as a user would: with the pointer, where it is. */
  async click(role: string, name: string | RegExp): Promise<void> {
    await this.on(role, name, (element) => this.send("POST", `${this.session}/element/${element}/click`, {}));
  }

  /** Types into what has this role and name; `\n` is Enter. */
  async type(role: string, name: string | RegExp, text: string): Promise<void> {
    const keys = text.replace(/\n/g, "\uE007");
    await this.on(role, name, (element) => this.send("POST", `${this.session}/element/${element}/value`, { text: keys }));
  }

  /** Presses keys together: modifiers first. */
  async press(...keys: string[]): Promise<void> {
    const down = keys.map((value) => ({ type: "keyDown", value }));
    const up = keys.toReversed().map((value) => ({ type: "keyUp", value }));
    await this.send("POST", `${this.session}/actions`, { actions: [{ type: "key", id: "keys", actions: [...down, ...up] }] });
  }

  /** A picture of the page, into SHOTS. */
  async shot(name: string): Promise<void> {
    const folder = process.env["SHOTS"];
    if (folder === undefined) return;
    const picture = (await this.send("GET", `${this.session}/screenshot`)) as string;
    const path = `${folder}/desktop-${name}.png`;
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, Buffer.from(picture, "base64"));
  }

  /** Does it with the element; with the one in its place when the page was drawn anew in between. */
  private async on(role: string, name: string | RegExp, act: (element: string) => Promise<unknown>): Promise<void> {
    await until(`${role} ${String(name)} to stay`, async () => {
      const element = await this.named(role, name);
      try {
        await act(element);
        return true;
      } catch (thrown) {
        if (String(thrown).includes("stale element reference")) return false;
        throw thrown;
      }
    });
  }

  private async named(role: string, name: string | RegExp): Promise<string> {
    const found = await this.see<Record<string, string>>(
      `${role} ${String(name)}`,
      `const [role, source, flags] = arguments;
       const fits = (text) => new RegExp(source, flags).test((text ?? "").trim());
       const tags = { button: "button,[role=button],summary", textbox: "textarea,input:not([type=checkbox])", link: "a[href]", option: "[role=option]" };
       return [...document.querySelectorAll(tags[role] ?? "[role=" + role + "]")].find((node) =>
         !node.disabled && node.checkVisibility() && fits(node.getAttribute("aria-label") ?? node.labels?.[0]?.innerText ?? node.innerText ?? node.placeholder)) ?? null;`,
      role,
      typeof name === "string" ? `^${name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}$` : name.source,
      typeof name === "string" ? "" : name.flags,
    );
    const id = found[ELEMENT];
    if (id === undefined) throw new Error(`no element in ${JSON.stringify(found)}`);
    return id;
  }

  private async send(method: string, path: string, body?: object): Promise<unknown> {
    const response = await fetch(this.base + path, {
      method,
      headers: { "Content-Type": "application/json" },
      ...(body ? { body: JSON.stringify(body) } : {}),
      signal: AbortSignal.timeout(PATIENCE),
    });
    const { value } = (await response.json()) as { value: unknown };
    if (!response.ok) throw new Error(`${method} ${path}: ${JSON.stringify(value).slice(0, 600)}`);
    return value;
  }
}

/** Asks again until there is something; says what was waited for when it does not come. */
export async function until<Result>(what: string, ask: () => Promise<Result>): Promise<Exclude<NonNullable<Result>, false>> {
  const end = Date.now() + PATIENCE;
  let last: unknown;
  while (Date.now() < end) {
    try {
      const result = await ask();
      if (result) return result as Exclude<NonNullable<Result>, false>;
    } catch (thrown) {
      last = thrown;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`waited in vain for ${what}${last === undefined ? "" : `: ${String(last)}`}`);
}
