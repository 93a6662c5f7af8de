import { openImage, thumbnailOf, type FullSlice, type OpenImage } from "./preview.ts";
import type { PreparedSeries } from "./scan.ts";
import type { Source } from "./sources.ts";

/** Looks at slices of a series for text (IM13), and makes the small picture: of the first that has some, else of the middle one. */
export async function lookAt(own: PreparedSeries, sources: readonly Source[], which: readonly number[], onProgress: (fraction: number) => void): Promise<void> {
  let openAt = -1, image: OpenImage | null = null, middle: FullSlice | null = null, first: FullSlice | null = null, looked = 0;
  for (const [n, k] of which.entries()) {
    const { at, frame } = own.slices[k];
    if (n % 8 === 0) onProgress(n / which.length);
    // One slice after the other: only one file is open, and its pixels are let go.
    if (openAt !== at) {
      image = await openImage(sources[at]).catch(() => null);
      openAt = at;
    }
    const slice: FullSlice | null = await image?.slice(frame).catch(() => null) ?? null;
    if (!slice) continue;
    looked++;
    if (n === which.length >> 1) middle = slice;
    if (slice.boxes.length > 0) { own.written.push(k); first ??= slice; }
  }
  const shown = first ?? middle;
  own.preview = shown && thumbnailOf(shown);
  if (own.written.length > 0) own.lookAtPixels.push(`what looks like written text was found in ${own.written.length} of the ${looked} pictures looked at, and is marked`);
}
