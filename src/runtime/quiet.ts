/**
 * For sessions and for each run: ORT prints errors as well as throwing them, and warns of things that concern
 * only its own optimiser. Throwing is enough.
 */
export const QUIET = { logSeverityLevel: 4 } as const;
