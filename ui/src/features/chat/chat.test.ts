import { describe, expect, it } from "vitest";
import type { Conversation } from "@/wire";
import { finished } from "./announce";
import { grouped } from "./dates";
import { MAX_IMAGE_BYTES, readImage } from "./images";

describe("conversations by age", () => {
  const now = new Date(2026, 10, 22, 9, 0);
  const at = (id: string, date: Date, pinned = false): Conversation => ({
    id,
    title: id,
    pinned,
    created_at: date.toISOString(),
    updated_at: date.toISOString(),
    message_count: 1,
  });

  it("stand under their day", () => {
    const list = [
      at("pin", new Date(2020, 1, 1), true),
      at("now", new Date(2026, 10, 22, 0, 0, 1)),
      at("late", new Date(2026, 10, 21, 23, 59)),
      at("week", new Date(2026, 10, 16, 12)),
      at("old", new Date(2026, 10, 14, 12)),
    ];
    expect(grouped(list, now).map((group) => [group.heading, group.conversations.map((one) => one.id)])).toEqual([
      ["pinned", ["pin"]],
      ["today", ["now"]],
      ["yesterday", ["late"]],
      ["week", ["week"]],
      ["older", ["old"]],
    ]);
  });

  it("leave out empty headings", () => {
    expect(grouped([], now)).toEqual([]);
  });
});

describe("what is read aloud", () => {
  it("is whole sentences, each once", () => {
    const first = finished("One. Two is no", 0, false);
    expect(first).toEqual({ said: "One.", upTo: 4 });
    const second = finished("One. Two is not. Th", first.upTo, false);
    expect(second.said).toBe("Two is not.");
    expect(finished("One. Two is not. Three", second.upTo, true)).toEqual({ said: "Three", upTo: 22 });
  });

  it("waits at a number's point", () => {
    expect(finished("It is 3.5", 0, false).said).toBe("");
  });
});

describe("pictures", () => {
  it("become base64", async () => {
    expect(await readImage(new File([new Uint8Array([1, 2, 3])], "a.png", { type: "image/png" }))).toEqual({ media_type: "image/png", data: "AQID" });
  });

  it("are refused when they are none, or too large", async () => {
    expect(await readImage(new File(["x"], "a.svg", { type: "image/svg+xml" }))).toBe("not-an-image");
    expect(await readImage(new File([new Uint8Array(MAX_IMAGE_BYTES + 1)], "a.png", { type: "image/png" }))).toBe("too-large");
  });
});
