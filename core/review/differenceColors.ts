/** Colours of the picture and what they stand for; apart for every kind of colour vision. */
export const differenceColors = {
  mask: { rgb: [206, 198, 184], word: "mask as before" }, implant: { rgb: [127, 209, 232], word: "implant as before" },
  added: { rgb: [58, 110, 240], word: "added" }, removed: { rgb: [240, 140, 40], word: "removed" },
} as const satisfies Record<string, { rgb: readonly [number, number, number]; word: string }>;
export type DifferenceWord = keyof typeof differenceColors;
