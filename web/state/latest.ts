/**
 * Runs `job` so that it never overlaps itself: what is asked for meanwhile becomes one more run after it,
 * however often it was asked for. The promise resolves when a run that began after the call has ended.
 */
export function latest(job: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  const start = (): Promise<void> => {
    running = job().finally(() => {
      running = undefined;
    });
    return running;
  };
  return () => {
    if (!running) return start();
    next ??= running
      .catch(() => {}) // its own caller hears of it
      .then(() => {
        next = undefined;
        return start();
      });
    return next;
  };
}
