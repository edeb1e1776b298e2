/** Exit codes of the program. */
export const exitCodes = { done: 0, someFailed: 1, usage: 2, interrupted: 130 } as const;
