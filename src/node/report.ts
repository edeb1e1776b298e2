import { join } from 'node:path';
import type { Explanation } from '../types.js';
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
  private readonly kinds = new Map<string, number>();
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
    for (const name of outputs) {
      const kind = name.endsWith('.png') ? 'overlay' : 'array';
      this.kinds.set(kind, (this.kinds.get(kind) ?? 0) + 1);
    }
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

  failed(message: string): void {
    this.errors.push(message);
  }

  /** The failures, one line each. */
  failures(): string {
    return this.errors.map((message) => `onnx-cam: failed: ${message}\n`).join('');
  }

  text({ backend, runtime, sheet }: { backend: string; runtime: string; sheet: boolean }): string {
    const seconds = ((performance.now() - this.started) / 1000).toFixed(1);
    const failed = this.errors.length > 0 ? `, ${this.errors.length} failed` : '';
    const written = [...this.kinds].map(([kind, n]) => counted(n, kind));
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
