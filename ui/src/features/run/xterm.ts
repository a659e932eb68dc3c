// xterm.js, set up in Luna's look. Loaded when the first terminal opens.
import { FitAddon } from "@xterm/addon-fit";
import { Terminal } from "@xterm/xterm";
import "@xterm/xterm/css/xterm.css";

const THEME = {
  background: "#0c0d13",
  foreground: "#e3e4ea",
  cursor: "#a79bff",
  cursorAccent: "#0c0d13",
  selectionBackground: "#4a4580",
  black: "#2a2c37",
  red: "#ff8b84",
  green: "#7fd6a2",
  yellow: "#f0c674",
  blue: "#86b7ff",
  magenta: "#c3a6ff",
  cyan: "#7ad3dd",
  white: "#d5d7df",
  brightBlack: "#858998",
  brightRed: "#ffaaa4",
  brightGreen: "#a4e7bf",
  brightYellow: "#ffdd97",
  brightBlue: "#aed0ff",
  brightMagenta: "#dac7ff",
  brightCyan: "#a5e6ed",
  brightWhite: "#ffffff",
};

/** Opens a terminal that fills `node` and keeps filling it. */
export function createTerminal(node: HTMLElement, label: string, typed: (data: string) => void): { terminal: Terminal; dispose: () => void } {
  const terminal = new Terminal({
    fontFamily: '"JetBrains Mono Variable", monospace',
    fontSize: 12.5,
    lineHeight: 1.25,
    scrollback: 10_000,
    // Output of finished runs has bare line feeds; a terminal's own never has.
    convertEol: true,
    theme: THEME,
  });
  const fit = new FitAddon();
  terminal.loadAddon(fit);
  terminal.open(node);
  terminal.textarea?.setAttribute("aria-label", label);
  terminal.attachCustomKeyEventHandler((event) => event.key !== "Tab" && event.key !== "Escape");
  terminal.onData(typed);
  fit.fit();
  const observer = new ResizeObserver(() => fit.fit());
  observer.observe(node);
  return {
    terminal,
    dispose: () => {
      observer.disconnect();
      terminal.dispose();
    },
  };
}
