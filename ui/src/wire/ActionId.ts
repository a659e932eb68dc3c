/** Something Luna did or wants to do; also the id of its confirmation. */
export type ActionId = string;
