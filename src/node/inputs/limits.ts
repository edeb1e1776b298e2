/**
 * Images of one run. Each takes about 0.5 kB while the run lasts: so many are 2 GB, what Node gives a program
 * by itself.
 */
export const MAX_IMAGES = 4_000_000;
