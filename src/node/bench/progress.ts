import type { Terminal } from '../terminal/progress.js';

/** Shows on a terminal what is being timed. */
export interface Status {
  next(what: string): void;
  stop(): void;
}

const CLEAR = '\r\x1b[2K';

/** One line that is overwritten. Writes nothing to other streams, or where `quiet`. */
export function startStatus(stream: Terminal, total: number, quiet: boolean): Status {
  if (quiet || stream.isTTY !== true) return { next: () => undefined, stop: () => undefined };
  let count = 0;
  let isShown = false;
  return {
    next(what) {
      isShown = true;
      stream.write(`${CLEAR}${++count}/${total} ${what}`);
    },
    stop() {
      if (isShown) stream.write(CLEAR);
      isShown = false;
    },
  };
}
