import { describe, expect, it } from "vitest";
import { blocks, withFormulas } from "./markdown";
import { highlight } from "./highlight";

function html(text: string): string {
  return blocks(text)
    .map((block) => {
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
    const before = blocks("One.\n\nTwo");
    const after = blocks("One.\n\nTwo and more", before);
    expect(after[0]).toBe(before[0]);
    expect(after[1]).not.toBe(before[1]);
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
    blocks(text)
      .map((block) => (block.kind === "html" ? withFormulas(block, ({ tex, display }) => `<m${display ? "!" : ""}>${tex}</m>`) : block.kind))
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
