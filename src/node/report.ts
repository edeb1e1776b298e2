import { join } from 'node:path';
import type { Explanation } from '../types.js';
import type { Lost } from './run.js';
import { className } from './sheet.js';
import type { Origin } from './summary.js';

/** Up to this many images, each gets lines of its own. */
const LISTED = 24;

const counted = (n: number, word: string): string => `${n} ${word}${n === 1 ? '' : 's'}`;

/** What the program says at the end: what was seen in each picture, what failed, where the results are. */
export class Report {
  private readonly started = performance.now();
  private readonly lines: string[] = [];
  private readonly errors: string[] = [];
  /** Names of the files written: an array is one file for all images of its input. */
  private readonly written = new Set<string>();
  private readonly times = new Map<string, { sum: number; count: number }>();
  doneCount = 0;
  private diagnosed = 0;

  constructor(
    private readonly total: number,
    private readonly out: string,
  ) {}

  get failedCount(): number {
    return this.errors.length;
  }

  done(explanations: readonly Explanation[], origin: Origin, outputs: readonly string[]): void {
    this.doneCount++;
    for (const name of outputs) this.written.add(name);
    const notes = new Set<string>();
    for (const explanation of explanations) {
      const where = origin.image === undefined ? origin.input : `${origin.input} [${origin.image}]`;
      const { index, score } = explanation.target;
      const named =
        explanation.target.label === undefined
          ? className(explanation)
          : `${className(explanation)} (class ${index})`;
      if (this.total <= LISTED) this.lines.push(`${where}: ${named}, ${(100 * score).toFixed(1)} %`);
      for (const map of Object.values(explanation.maps)) {
        const { sum, count } = this.times.get(map.method) ?? { sum: 0, count: 0 };
        this.times.set(map.method, { sum: sum + map.milliseconds, count: count + 1 });
        for (const note of map.diagnostics) notes.add(`  ${map.method}: ${note}`);
      }
    }
    if (notes.size > 0) this.diagnosed++;
    if (this.total <= LISTED) this.lines.push(...notes);
  }

  /** @param lost  What was told as done and is not after all. */
  failed(message: string, lost?: Lost): void {
    this.errors.push(message);
    this.doneCount -= lost?.images ?? 0;
    for (const name of lost?.outputs ?? []) this.written.delete(name);
  }

  /** The failures, one line each. */
  failures(): string {
    return this.errors.map((message) => `onnx-cam: failed: ${message}\n`).join('');
  }

  text({ backend, runtime, sheet }: { backend: string; runtime: string; sheet: boolean }): string {
    const seconds = ((performance.now() - this.started) / 1000).toFixed(1);
    const failed = this.errors.length > 0 ? `, ${this.errors.length} failed` : '';
    const overlays = [...this.written].filter((name) => name.endsWith('.png')).length;
    const arrays = this.written.size - overlays;
    const written = [
      ...(overlays > 0 ? [counted(overlays, 'overlay')] : []),
      ...(arrays > 0 ? [counted(arrays, 'array')] : []),
    ];
    const files = [...written, 'summary.json', ...(sheet ? [join(this.out, 'index.html')] : [])];
    return [
      ...this.lines,
      ...(this.total > LISTED && this.diagnosed > 0
        ? [`${counted(this.diagnosed, 'picture')} with remarks: see "diagnostics" in summary.json.`]
        : []),
      `${this.doneCount} of ${counted(this.total, 'picture')} explained${failed} in ${seconds} s (kernels on ${backend}, model on ${runtime}).`,
      ...(this.times.size > 0 ? [`Milliseconds per map: ${this.timeList()}.`] : []),
      `Written to ${this.out}: ${files.join(', ')}.`,
      '',
    ].join('\n');
  }

  /** Mean time of each method, without what methods share. */
  private timeList(): string {
    const mean = ({ sum, count }: { sum: number; count: number }) => Number((sum / count).toPrecision(2));
    return [...this.times].map(([method, time]) => `${method} ${mean(time)}`).join(', ');
  }
}
