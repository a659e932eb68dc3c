import { describe, expect, it } from "vitest";
import { chordOf } from "./chord";

const pressed = (code: string, ...held: string[]) =>
  chordOf({ code, ctrlKey: held.includes("Ctrl"), altKey: held.includes("Alt"), shiftKey: held.includes("Shift"), metaKey: held.includes("Super") });

describe("keys pressed together", () => {
  it("are written as the settings write them", () => {
    expect(pressed("KeyL", "Alt", "Ctrl")).toEqual({ keys: "Ctrl+Alt+L", complete: true });
    expect(pressed("Space", "Shift", "Ctrl")).toEqual({ keys: "Ctrl+Shift+Space", complete: true });
    expect(pressed("Digit1", "Super")).toEqual({ keys: "Super+1", complete: true });
    expect(pressed("F5")).toEqual({ keys: "F5", complete: true });
    expect(pressed("Comma", "Ctrl")).toEqual({ keys: "Ctrl+Comma", complete: true });
  });

  it("are not complete while only modifiers are held", () => {
    expect(pressed("ControlLeft", "Ctrl")).toEqual({ keys: "Ctrl", complete: false });
    expect(pressed("ShiftRight", "Ctrl", "Shift")).toEqual({ keys: "Ctrl+Shift", complete: false });
    expect(pressed("AltGraph")).toEqual({ keys: "", complete: false });
    expect(pressed("")).toEqual({ keys: "", complete: false });
  });
});
