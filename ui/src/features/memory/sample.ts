// What Luna would say with a personality: a sentence put together from it, so that a slider shows at once what it does.
import type { Catalogue } from "@/i18n/en";
import type { Personality } from "@/wire";

type Sample = Catalogue["personality"]["sample"];

/** An example in this language's words. */
export function sample(words: Sample, personality: Personality, userName: string): string {
  const third = (value: number): 0 | 1 | 2 => (value < 0.34 ? 0 : value < 0.67 ? 1 : 2);
  const hello = [words.hello.casual, words.hello.neutral, words.hello.formal][third(personality.formality)] ?? "";
  const name = userName === "" || userName === "friend" ? "" : userName;
  const greeting = name === "" ? hello.replace(/\s*\{name\}/, "").replace(/^,$/, "") : hello.replace("{name}", name);
  // Mood runs from -1 to 1, the others from 0 to 1.
  const news = [words.news.subdued, words.news.neutral, words.news.bright][third((personality.mood + 1) / 2)] ?? "";
  const sentences = [capitalised(greeting === "" ? news : `${greeting} ${news}`)];
  if (personality.emotional_support > 0.6) sentences.push(words.support);
  sentences.push(personality.energy > 0.55 ? words.detail.lively : words.detail.quiet);
  if (personality.humor > 0.55) sentences.push(words.humor);
  return sentences.join(" ");
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
