/**
 * For sessions and for each run. ORT prints the errors that it throws, and warns about its own optimiser.
 * Throwing is enough.
 */
export const QUIET = { logSeverityLevel: 4 } as const;
