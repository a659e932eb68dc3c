import { describe, expect, it } from "vitest";
import { offers, withContext } from "./context";

describe("what is at hand", () => {
  it("is offered once, also when it was copied", () => {
    expect(offers({ selection: "a", clipboard: "a" })).toEqual([{ source: "selection", text: "a" }]);
    expect(offers({ selection: null, clipboard: "b" })).toEqual([{ source: "clipboard", text: "b" }]);
    expect(offers({ selection: null, clipboard: null })).toEqual([]);
  });

  it("stands fenced behind the question, whatever fences it holds itself", () => {
    expect(withContext("what is this?", [])).toBe("what is this?");
    const said = withContext("explain", [{ source: "selection", text: "```js\nx\n```" }]);
    expect(said).toBe("explain\n\n````\n```js\nx\n```\n````");
  });
});
