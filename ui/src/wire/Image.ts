/** An image given with a message. */
export type Image = { media_type: string; data: string };
