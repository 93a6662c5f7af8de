/** How far a test goes: the short form in `npm test`, more in `npm run test:chaos`, the full counts in `npm run test:soak`. */
export type Extent = "short" | "chaos" | "soak";

const given = process.env.CASEROOM_CHAOS;
export const extent: Extent = given === "chaos" || given === "soak" ? given : "short";

/** One of three counts, by how far this run goes. */
export const countOf = (short: number, chaos: number, soak: number): number => ({ short, chaos, soak })[extent];

/** Seed of this run: CASEROOM_SEED, else always the same in the short form and another one each time in the others. */
export const runSeed: number = process.env.CASEROOM_SEED ? Number(process.env.CASEROOM_SEED) : extent === "short" ? 1 : Math.floor(performance.timeOrigin) % 1_000_000_000;

/** Milliseconds a test may take. */
export const patience: number = countOf(60_000, 600_000, 6 * 3600_000);
