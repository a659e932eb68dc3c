import { expect, it } from "vitest";
import { fileNameOf } from "./artifacts";

it("names a file so that any system takes it", () => {
  expect(fileNameOf({ title: "mean.py", kind: "code", language: "python" })).toBe("mean.py");
  expect(fileNameOf({ title: "Mean", kind: "code", language: "Python" })).toBe("Mean.py");
  expect(fileNameOf({ title: "Trip: Porto/Gaia", kind: "markdown", language: null })).toBe("Trip- Porto-Gaia.md");
  expect(fileNameOf({ title: "../..", kind: "html", language: null })).toBe("-.html");
});
