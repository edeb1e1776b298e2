/**
 * Maximum number of images of one run. Each takes about 0.5 kB during the run: 2 GB in all, Node's default
 * heap limit.
 */
export const MAX_IMAGES = 4_000_000;
