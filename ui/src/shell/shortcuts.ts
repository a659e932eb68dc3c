// What the keys do everywhere. Which key means which deed is decided here and tested without a window.

export type Shortcut = "palette" | "new-chat" | "toggle-list" | "search" | "help" | "undo" | `screen-${number}`;

interface Pressed {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  shiftKey: boolean;
}

/** The deed of a key press; `typing` when the focus is where text goes. */
export function shortcutOf(event: Pressed, typing: boolean): Shortcut | undefined {
  const control = event.ctrlKey || event.metaKey;
  if (control && !event.altKey && !event.shiftKey) {
    switch (event.key.toLowerCase()) {
      case "k":
        return "palette";
      case "n":
        return "new-chat";
      case "b":
        return "toggle-list";
      case "z":
        return typing ? undefined : "undo";
    }
  }
  // The tenth is on 0, as on the keyboard.
  if (event.altKey && !control && /^[0-9]$/.test(event.key)) return `screen-${Number(event.key) || 10}`;
  if (typing || control || event.altKey) return undefined;
  if (event.key === "/") return "search";
  if (event.key === "?") return "help";
  return undefined;
}

/** Whether keys typed here become text. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement || isTextInput(target);
}

function isTextInput(target: HTMLElement): boolean {
  return target instanceof HTMLInputElement && !["checkbox", "radio", "button", "range", "file"].includes(target.type);
}
