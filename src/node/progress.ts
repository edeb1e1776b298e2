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

/** A progress bar on a terminal; nothing on other streams, for a single image, or where `quiet`. */
export function startProgress(stream: Terminal, total: number, quiet: boolean): Progress {
  if (quiet || total < 2 || stream.isTTY !== true) return none;
  const bar = new SingleBar(
    {
      format: '{bar} {value}/{total} pictures | {rate}/s | {eta_formatted} left',
      stream,
      hideCursor: false,
      clearOnComplete: true,
      barsize: 30,
    },
    Presets.shades_classic,
  );
  const started = performance.now();
  let done = 0;
  bar.start(total, 0, { rate: '…' });
  return {
    step() {
      done++;
      const rate = done / Math.max(1e-3, (performance.now() - started) / 1000);
      bar.update(done, { rate: rate < 10 ? rate.toFixed(1) : rate.toFixed(0) });
    },
    stop: () => bar.stop(),
  };
}
