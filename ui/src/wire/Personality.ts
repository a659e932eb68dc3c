/** How Luna speaks: mood is -1 to 1, the others 0 to 1. */
export type Personality = {
  mood: number;
  energy: number;
  formality: number;
  humor: number;
  emotional_support: number;
};
