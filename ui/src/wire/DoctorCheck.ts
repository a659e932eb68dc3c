/** One check of the doctor. */
export type DoctorCheck = {
  name: string;
  status: "ok" | "warning" | "failed";
  detail: string;
  fix?: string | null;
};
