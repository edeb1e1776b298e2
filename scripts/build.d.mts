/** Builds the entry points' modules into `out`, by default `dist`. */
export function buildDoors(out?: string): Promise<void>;
