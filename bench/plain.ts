/**
 * Times the plain float64 JavaScript of test/reference for comparison: the formula as one would write it
 * first. The fastest of five calls, after one call to warm up.
 */
export function reportPlain(name: string, once: () => unknown): void {
  once();
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 5; i++) {
    const start = performance.now();
    once();
    best = Math.min(best, performance.now() - start);
  }
  console.log(
    `${name.padEnd(52)} ${'plain JavaScript'.padEnd(20)} min ${best.toPrecision(3).padStart(7)} ms`,
  );
}
