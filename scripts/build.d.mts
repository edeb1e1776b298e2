/** Builds the entry points' modules into `out`, by default `dist`. */
export function buildEntryPoints(out?: string): Promise<void>;

/** Builds the programs, `cli.js` and `thread.js`, into `out`. */
export function buildPrograms(out: string): Promise<void>;
