/** All that one request set going. */
export type TurnId = string;
