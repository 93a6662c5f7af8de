/** Told now and then while an effect is computed: how far it is, 0 to 1, and what it is doing. May throw to stop it: nothing is written then. */
export type Tell = (fraction: number, what: string) => void;

/** Told the share that is done of one step, 0 to 1; may throw to stop it. */
export type TellShare = (share: number) => void;

/** What a part of a step, between two shares of it, tells. */
export const partOf = (tell: TellShare | undefined, from: number, to: number): TellShare | undefined => (tell ? (share) => tell(from + (to - from) * share) : undefined);

/** What a step between two fractions of the whole tells. */
export const within = (tell: Tell | undefined, from: number, to: number, what: string): TellShare | undefined =>
  (tell ? (fraction) => tell(from + (to - from) * fraction, what) : undefined);
