/** Instructions that the model reads when they fit. */
export type Skill = {
  id: string;
  name: string;
  version: string;
  description: string;
  commands: string[];
  permissions: string[];
  body: string;
  shipped: boolean;
};
