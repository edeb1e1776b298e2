import { Presets, SingleBar } from 'cli-progress';

/** A stream that may be a terminal. */
export type Terminal = NodeJS.WritableStream & { readonly isTTY?: boolean };

/** How far a long run is, on a terminal: done, rate, time left. */
export interface Progress {
  /** Counts one image. */
  step(): void;
  stop(): void;
}

const none: Progress = { step: () => undefined, stop: () => undefined };

/** `3 s`, `4:05`, `1:02:09`. */
function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return (parts[0] > 0 ? parts : parts.slice(1))
    .map((part, i) => (i === 0 ? String(part) : String(part).padStart(2, '0')))
    .join(':');
}

/**
 * A progress bar on a terminal; nothing on other streams, for a single image, or where `quiet`.
 * @param before  Images that an earlier run has done.
 */
export function startProgress(stream: Terminal, total: number, quiet: boolean, before = 0): Progress {
  if (quiet || total < 2 || stream.isTTY !== true) return none;
  const bar = new SingleBar(
    {
      format: '{bar} {value}/{total} pictures | {rate}/s | {left} left',
      stream,
      hideCursor: false,
      clearOnComplete: true,
      barsize: 30,
    },
    Presets.shades_classic,
  );
  const started = performance.now();
  let done = before;
  bar.start(total, before, { rate: '…', left: '…' });
  return {
    step() {
      done++;
      const rate = (done - before) / Math.max(1e-3, (performance.now() - started) / 1000);
      bar.update(done, {
        rate: rate < 10 ? rate.toFixed(1) : rate.toFixed(0),
        left: duration((total - done) / rate),
      });
    },
    stop: () => bar.stop(),
  };
}
