/** Builds the doors' modules into `out`, by default `dist`. */
export function buildDoors(out?: string): Promise<void>;
