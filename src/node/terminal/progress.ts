import { Presets, SingleBar } from 'cli-progress';
import type { MethodProgress } from '../../explain/options.js';
import { line } from './line.js';

/** A stream that may be a terminal. */
export type Terminal = NodeJS.WritableStream & { readonly isTTY?: boolean };

/**
 * The progress of a run. On a terminal: a bar with pictures done, rate and time left. For slow methods also
 * the progress within a picture.
 */
export interface Progress {
  /** Counts one image. */
  step(): void;
  /** The progress of a method of many passes. A slow method is announced before it starts. */
  passes(progress: MethodProgress): void;
  stop(): void;
}

const none: Progress = { step: () => undefined, passes: () => undefined, stop: () => undefined };

/** Seconds per picture above which a method counts as slow. */
const SLOW = 2;

/** Milliseconds between lines where there is no terminal. */
const BETWEEN_LINES = 10_000;

/** Methods that `--channels` speeds up. */
const BY_CHANNEL: readonly string[] = ['score-cam', 'ablation-cam'];

/** `3 s`, `4:05`, `1:02:09`. */
function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return (parts[0] > 0 ? parts : parts.slice(1))
    .map((part, i) => (i === 0 ? String(part) : String(part).padStart(2, '0')))
    .join(':');
}

const barOf = (stream: Terminal, format: string): SingleBar =>
  new SingleBar(
    { format, stream, hideCursor: false, clearOnComplete: true, barsize: 30 },
    Presets.shades_classic,
  );

/** Passes within pictures. */
class Within {
  private readonly slow = new Set<string>();
  private lastLine = performance.now();
  private bar: SingleBar | undefined;
  private method = '';

  /** @param pictures  The bar of all pictures, if any. */
  constructor(
    private readonly stream: Terminal,
    private readonly pictures: SingleBar | undefined,
    private readonly count: () => string,
  ) {}

  show(progress: MethodProgress): void {
    const { method, done, passes, expectedSeconds = 0 } = progress;
    if (expectedSeconds >= SLOW && !this.slow.has(method)) this.say(progress, expectedSeconds);
    if (!this.slow.has(method)) return;
    if (this.pictures) this.pictures.update({ within: ` | ${method} ${done}/${passes}` });
    else if (this.stream.isTTY) this.draw(progress);
    else if (performance.now() - this.lastLine >= BETWEEN_LINES) {
      this.lastLine = performance.now();
      this.stream.write(line(`${method}: ${done} of ${passes} passes${this.count()}.`));
    }
  }

  stop(): void {
    this.bar?.stop();
    this.bar = undefined;
  }

  private say({ method, passes }: MethodProgress, seconds: number): void {
    this.slow.add(method);
    this.lastLine = performance.now();
    // Written above the bar, which is drawn again below.
    if (this.pictures) this.stream.write('\r\x1b[2K');
    const hint = passes > 64 && BY_CHANNEL.includes(method) ? ' --channels 64 is faster and coarser.' : '';
    this.stream.write(line(`${method}: ${passes} passes per picture, about ${duration(seconds)}.${hint}`));
  }

  /** A bar of the passes, where there is only one picture. */
  private draw({ method, done, passes, expectedSeconds = 0 }: MethodProgress): void {
    const left = duration((expectedSeconds * (passes - done)) / passes);
    if (!this.bar || method !== this.method) {
      this.stop();
      this.method = method;
      this.bar = barOf(this.stream, '{bar} {value}/{total} passes of {method} | {left} left');
      this.bar.start(passes, done, { method, left });
    } else this.bar.update(done, { left });
    if (done === passes) this.stop();
  }
}

/**
 * Shows nothing where `quiet`. Shows a bar of pictures on a terminal, where there are several.
 * @param before  Images that an earlier run explained.
 */
export function startProgress(stream: Terminal, total: number, quiet: boolean, before = 0): Progress {
  if (quiet) return none;
  const started = performance.now();
  let done = before;
  const bar =
    total >= 2 && stream.isTTY === true
      ? barOf(stream, '{bar} {value}/{total} pictures | {rate}/s | {left} left{within}')
      : undefined;
  bar?.start(total, before, { rate: '…', left: '…', within: '' });
  const count = () => (total > 1 ? `; ${done} of ${total} pictures done` : '');
  const within = new Within(stream, bar, count);
  return {
    step() {
      done++;
      const rate = (done - before) / Math.max(1e-3, (performance.now() - started) / 1000);
      bar?.update(done, {
        rate: rate < 10 ? rate.toFixed(1) : rate.toFixed(0),
        left: duration((total - done) / rate),
        within: '',
      });
    },
    passes: (progress) => within.show(progress),
    stop() {
      within.stop();
      bar?.stop();
    },
  };
}
