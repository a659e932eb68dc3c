import { expect, it } from "vitest";
import { beyond, listed } from "./capabilities";

const NOTHING = { network: false, shell: false, files: [], env: [], tools: [] };

it("lists what a package may do, the most far-reaching first", () => {
  expect(listed(NOTHING)).toEqual([]);
  expect(listed({ ...NOTHING, network: true, shell: true, tools: ["read_file"] }).map(({ kind }) => kind)).toEqual(["shell", "network", "tools"]);
});

it("tells what an update wants beyond what was allowed", () => {
  const allowed = { ...NOTHING, network: true, tools: ["read_file", "web_search"] };
  const wanted = { ...allowed, shell: true, tools: ["read_file", "write_file"] };
  expect(beyond(wanted, allowed)).toEqual({ ...NOTHING, shell: true, tools: ["write_file"] });
  expect(listed(beyond(allowed, wanted))).toEqual([{ kind: "tools", names: ["web_search"] }]);
});
