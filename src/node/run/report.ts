import { errorText } from '../../errors.js';
import { percent, scoreText } from '../../poster/percent.js';
import type { Target } from '../../types.js';
import type { Job } from '../inputs/jobs.js';
import { className, targetName } from '../outputs/sheet.js';
import type { SummaryResult } from '../outputs/summary.js';
import { counted } from '../terminal/counted.js';
import { line, lines } from '../terminal/line.js';
import type { Lost } from './shared-arrays.js';
import type { Outcome } from './unit.js';

/** Up to this number of images, each image has lines of its own. */
const LISTED = 24;

/** What the report says about the whole run. */
export interface ReportFacts {
  readonly backend: string;
  readonly runtime: string;
  /** Files beside those of single pictures. */
  readonly files: readonly string[];
  /** The sources of preprocessing and labels. */
  readonly sources: readonly string[];
}

const failureLines = (messages: readonly string[]): string =>
  messages.map((message) => line(`failed: ${message}`)).join('');

/** The report at the end of a run: the classes of each picture, the failures, the paths of the results. */
export class Report {
  private readonly started = performance.now();
  /** By the image's position, since the report lists them in order. */
  private readonly lines = new Map<number, readonly string[]>();
  private readonly errors: string[] = [];
  private readonly inputErrors = new Set<string>();
  private overlays = 0;
  private posters = 0;
  private arrays = 0;
  /** Arrays with rows of several images, by name. */
  private readonly sharedArrays = new Set<string>();
  /** Methods whose maps are the same for every class. */
  private readonly agnostic = new Set<string>();
  private readonly times = new Map<string, { sum: number; count: number }>();
  doneCount = 0;
  /** Pictures that were explained again, see `againClause`. */
  again = '';
  private diagnosed = 0;

  constructor(
    private readonly total: number,
    private readonly out: string,
  ) {}

  get failedCount(): number {
    return this.errors.length;
  }

  done({ index, results, shared, top = [] }: Outcome): void {
    this.doneCount++;
    const notes = new Set<string>();
    const lines: string[] = [];
    const classes = new Set<string | number>();
    const posters = new Set<string>();
    for (const result of results) {
      const { input, image, target, method, milliseconds, outputs } = result;
      if (result.classAgnostic) this.agnostic.add(method);
      for (const name of outputs) {
        if (name.endsWith('.poster.png')) posters.add(name);
        else if (!name.endsWith('.npy')) this.overlays++;
        else if (shared?.some((array) => array.name === name)) this.sharedArrays.add(name);
        else this.arrays++;
      }
      const { sum, count } = this.times.get(method) ?? { sum: 0, count: 0 };
      this.times.set(method, { sum: sum + milliseconds, count: count + 1 });
      for (const note of result.diagnostics) notes.add(`  ${method}: ${note}`);
      const asked = result.name ?? target;
      if (classes.has(asked)) continue;
      classes.add(asked);
      const where = image === undefined ? input : `${input} [${image}]`;
      lines.push(`${where}: ${namedTarget(result)}, ${scoreText(shown(result))}`);
    }
    if (top.length > 0) {
      const classes = top.map(({ index, label, score }) => `${className(index, label)} ${percent(score)}`);
      lines.push(`  ${titleOf(results[0])}: ${classes.join(', ')}`);
    }
    this.posters += posters.size;
    if (notes.size > 0) this.diagnosed++;
    if (this.total <= LISTED) this.lines.set(index, [...lines, ...notes]);
  }

  failed(message: string): void {
    this.errors.push(message);
  }

  /** Results that were reported as done and then lost. */
  lost({ images, arrays }: Lost, message: string): void {
    this.failed(message);
    this.doneCount -= images;
    for (const name of arrays) this.sharedArrays.delete(name);
  }

  /** Inputs that could not be read, one line each. `failures` does not repeat them. */
  unreadable(jobs: readonly Job[]): string {
    for (const { input } of jobs) if (input.kind === 'failed') this.inputErrors.add(errorText(input.error));
    return failureLines([...this.inputErrors]);
  }

  /** The failures, one line each. */
  failures(): string {
    return failureLines(this.errors.filter((message) => !this.inputErrors.has(message)));
  }

  text({ backend, runtime, files, sources }: ReportFacts): string {
    const seconds = ((performance.now() - this.started) / 1000).toFixed(1);
    const failed = this.errors.length > 0 ? `, ${this.errors.length} failed` : '';
    const { overlays, posters } = this;
    const arrays = this.arrays + this.sharedArrays.size;
    const written = [
      ...(overlays > 0 ? [counted(overlays, 'overlay')] : []),
      ...(posters > 0 ? [counted(posters, 'poster')] : []),
      ...(arrays > 0 ? [counted(arrays, 'array')] : []),
    ];
    return lines([
      ...[...this.lines].sort(([a], [b]) => a - b).flatMap(([, lines]) => lines),
      ...(this.total > LISTED && this.diagnosed > 0
        ? [`${counted(this.diagnosed, 'picture')} with remarks: see "diagnostics" in summary.json.`]
        : []),
      `${this.doneCount} of ${counted(this.total, 'picture')} explained${this.again}${failed}${this.again && ','} in ${seconds} s (kernels on ${backend}, model on ${runtime}).`,
      ...(this.times.size > 0
        ? [`Milliseconds per map, without the passes that methods share: ${this.timeList()}.`]
        : []),
      ...(this.agnostic.size > 0 ? [`Same for every class: ${[...this.agnostic].join(', ')}.`] : []),
      ...(sources.length > 0 && this.doneCount > 0 ? [`Settings: ${sources.join('; ')}.`] : []),
      `Written to ${this.out}: ${[...written, ...files].join(', ')}.`,
    ]);
  }

  /** Mean time of each method, without the time that methods share. */
  private timeList(): string {
    const mean = ({ sum, count }: { sum: number; count: number }) => Number((sum / count).toPrecision(2));
    return [...this.times].map(([method, time]) => `${method} ${mean(time)}`).join(', ');
  }
}

/** A result's target. */
const shown = ({ target, label, ...result }: SummaryResult): Target => ({
  ...result,
  index: target,
  ...(label !== null && { label }),
});

function namedTarget(result: SummaryResult): string {
  const { name, target, label } = result;
  if (name !== undefined || label === null) return targetName(shown(result));
  return `${className(target, label)} (class ${target})`;
}

/** What the best classes of a picture are. */
function titleOf(result: SummaryResult | undefined): string {
  if (result?.pixels !== undefined) return 'shares of the pixels';
  return result?.box ? 'best detections' : 'most probable';
}
