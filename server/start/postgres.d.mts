/** Types of postgres.mjs for the tests, which are TypeScript. */
export class StartError extends Error {}
export interface RunningPostgres { urlOf(database: string): string; isReused: boolean; place: string; stop(): Promise<void> }
export function embeddedBinaries(): string;
export function isListening(port: number, host?: string): Promise<boolean>;
export function startPostgres(wanted: { dataDir: string; say?: (line: string) => void; bin?: string; options?: string[] }): Promise<RunningPostgres>;
