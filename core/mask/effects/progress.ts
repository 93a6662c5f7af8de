/** Told now and then while an effect is computed: how far it is, 0 to 1, and what it is doing. May throw to stop it: nothing is written then. */
export type Tell = (fraction: number, what: string) => void;

/** What a step between two fractions of the whole tells. */
export const within = (tell: Tell | undefined, from: number, to: number, what: string): ((fraction: number) => void) | undefined =>
  (tell ? (fraction) => tell(from + (to - from) * fraction, what) : undefined);
