import { describe, expect, it } from "vitest";
import { BLANK, read, withFormulas } from "./markdown";
import { highlight } from "./highlight";

function html(text: string): string {
  return read(text)
    .blocks.map((block) => {
      if (block.kind === "html") return withFormulas(block, undefined);
      return block.kind === "math" ? `[math] ${block.formula.tex}` : `[${block.language}] ${block.code}`;
    })
    .join("");
}

describe("Markdown", () => {
  it("makes text, tables, tasks and code", () => {
    expect(html("# A *b*")).toContain("<h1>A <em>b</em></h1>");
    expect(html("|a|\n|-|\n|1|")).toContain("<td>1</td>");
    expect(html("- [x] done")).toContain("disabled");
    expect(html("```ts\nlet a;\n```")).toBe("[ts] let a;");
  });

  it.each([
    '<img src=x onerror="alert(1)">',
    "<script>alert(1)</script>",
    "[x](javascript:alert(1))",
    '<a href="jAvAsCrIpT:alert(1)">x</a>',
    '<iframe src="https://example.org"></iframe>',
    '<svg><script>alert(1)</script></svg>',
    '<form action="https://example.org"><button>x</button></form>',
    '<p style="position:fixed;inset:0" class="fixed inset-0">x</p>',
    '<math><mtext><style><img src=x onerror=alert(1)></style></mtext></math>',
    "![x](javascript:alert(1))",
    '<img src="https://example.org/pixel.gif">',
    '<input type="image" src="https://example.org/pixel.gif">',
    '<table background="https://example.org/pixel.gif"><tr><td>x</td></tr></table>',
    '<a href="https://example.org" ping="https://example.org/ping">x</a>',
  ])("makes %s harmless", (text) => {
    const page = new DOMParser().parseFromString(html(text), "text/html");
    expect(page.querySelector("script, iframe, form, button, style, svg, math, [onerror], [style], [class], [background], [ping], [src], img")).toBeNull();
    for (const link of page.querySelectorAll("a")) expect(link.getAttribute("href") ?? "#").not.toMatch(/^\s*javascript/i);
  });

  it("never loads a picture from elsewhere, but links to it", () => {
    const page = new DOMParser().parseFromString(html("![cat](https://example.org/cat.png)"), "text/html");
    expect(page.querySelector("img")).toBeNull();
    expect(page.querySelector("a")?.getAttribute("href")).toBe("https://example.org/cat.png");
    expect(page.querySelector("a")?.getAttribute("rel")).toBe("noopener noreferrer");
  });

  it("keeps the blocks that did not change", () => {
    const before = read("One.\n\nTwo");
    const after = read("One.\n\nTwo and more", before);
    expect(after.blocks[0]).toBe(before.blocks[0]);
    expect(after.blocks[1]).not.toBe(before.blocks[1]);
  });

  // What is read as it grows must be what is read at once, wherever it was cut.
  it.each([
    "A title\n=======\n\nSome *text* over\ntwo lines.\n\n- one\n- two\n\n  still two\n\n      code in two\n- three\n\nAfter.",
    "1. a\n2. b\n\n\n3. c\n\n```ts\nlet a = 1;\n\n# no title\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n> said\nlazily\n\n---\nend",
    "Sum: $x^2$.\n\n$$\n\\int_0^1 x\n$$\n\n\\[\na\n\\]\nand so on\n\n    indented\n\n    more\n\n<details>\n<summary>s</summary>\n\nin\n\n</details>\n\nlast",
    "See [one] and [two].\n\nMore.\n\n[one]: https://example.org/1\n\nStill [one].\n\n[two]: https://example.org/2\n\nAnd [two].",
    "A\r\nB\r\n\r\nC\r\n\r\n\tcode\r\n\r\nD\r\r\nE",
  ])("reads %j as it grows", (text) => {
    for (const step of [1, 3, 7]) {
      let grown = BLANK;
      for (let end = 0; end < text.length + step; end += step) {
        const part = text.slice(0, end);
        grown = read(part, grown);
        const shown = (blocks: typeof grown.blocks): unknown => blocks.map(({ kind, raw }) => [kind, raw]);
        expect(shown(grown.blocks)).toEqual(shown(read(part).blocks));
      }
    }
  });
});

describe("code colours", () => {
  it("escape what they colour", () => {
    expect(highlight("<b>", "rust")).not.toContain("<b>");
    expect(highlight("let a = 1;", "rust")).toContain("hljs-keyword");
  });

  it("leave unknown languages alone", () => {
    expect(highlight("x", "klingon")).toBeUndefined();
  });
});

describe("formulas", () => {
  const drawn = (text: string): string =>
    read(text)
      .blocks.map((block) => (block.kind === "html" ? withFormulas(block, ({ tex, display }) => `<m${display ? "!" : ""}>${tex}</m>`) : block.kind))
      .join("");

  it("are found in the text and on lines of their own", () => {
    expect(drawn("Let $x^2$ be, and \\(y\\) too.")).toContain("Let <m>x^2</m> be, and <m>y</m> too.");
    expect(drawn("$$\n\\int_0^1 x\n$$")).toBe("math");
    expect(drawn("\\[\na + b\n\\]")).toBe("math");
    expect(drawn("so $$a$$ is")).toContain("<m!>a</m>");
  });

  it("leave prices and code alone", () => {
    expect(drawn("It costs $5, or $10 with tax.")).not.toContain("<m");
    expect(drawn("`$x$` and $ 5 $")).not.toContain("<m");
  });

  it("are told as they were written until they can be drawn, and smuggle nothing in", () => {
    expect(html("$a<b$")).toContain("<code>a&#60;b</code>");
    expect(html("$x$ \uE0000\uE001")).not.toMatch(/[\uE000\uE001]/);
  });
});
