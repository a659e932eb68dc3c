/** What the words of a plan are about. */
export type PlanContext = {
  os: string | null;
  current_dir: string | null;
  project_type: string | null;
};
