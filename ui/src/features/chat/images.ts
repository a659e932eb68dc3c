// Pictures given with a message: from a paste, a drop or a file picker to what the core takes.
import type { Image } from "@/wire";

const IMAGE_TYPES = ["image/png", "image/jpeg", "image/webp", "image/gif"];
export const MAX_IMAGE_BYTES = 10_000_000;

export type Refusal = "not-an-image" | "too-large";

/** Reads a picture, or says why it is refused. */
export async function readImage(file: Blob): Promise<Image | Refusal> {
  if (!IMAGE_TYPES.includes(file.type)) return "not-an-image";
  if (file.size > MAX_IMAGE_BYTES) return "too-large";
  const bytes = new Uint8Array(await file.arrayBuffer());
  let binary = "";
  // In slices, since a call takes only so many arguments.
  for (let at = 0; at < bytes.length; at += 8192) binary += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return { media_type: file.type, data: btoa(binary) };
}

/** An address under which the page can show it. */
export function imageUrl(image: Image): string {
  return `data:${image.media_type};base64,${image.data}`;
}

/** The picture at such an address. */
export function imageAt(url: string): Image | undefined {
  const [, media_type, data] = /^data:([\w/+.-]+);base64,(.+)$/.exec(url) ?? [];
  return media_type !== undefined && data !== undefined ? { media_type, data } : undefined;
}
