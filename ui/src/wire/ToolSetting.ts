import type { Mode } from "./Mode";

/** A tool and what may happen with it. */
export type ToolSetting = {
  name: string;
  description: string;
  mode: Mode;
  default_mode: Mode;
};
