// Keys pressed together, as the settings write them: `Ctrl+Alt+L`. The physical key counts, whatever the layout makes of it.

interface Pressed {
  code: string;
  ctrlKey: boolean;
  altKey: boolean;
  shiftKey: boolean;
  metaKey: boolean;
}

const MODIFIER = /^(Control|Alt|Shift|Meta|OS)(Left|Right)?$|^(CapsLock|NumLock|AltGraph|Fn)$/;

/** What is held so far, and whether a key that is no modifier completes it. */
export function chordOf(event: Pressed): { keys: string; complete: boolean } {
  const held = [event.ctrlKey && "Ctrl", event.altKey && "Alt", event.shiftKey && "Shift", event.metaKey && "Super"].filter((key) => key !== false);
  if (event.code === "" || MODIFIER.test(event.code)) return { keys: held.join("+"), complete: false };
  const key = event.code.replace(/^(Key|Digit)(?=.$)/, "");
  return { keys: [...held, key].join("+"), complete: true };
}
