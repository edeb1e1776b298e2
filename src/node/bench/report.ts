import { arch, cpus, platform, release } from 'node:os';
import { CamError } from '../../errors.js';
import { reason } from '../files/files.js';
import { readRegularText } from '../files/regular-file.js';
import type { Row } from './row.js';
import type { Timing } from './sampling.js';

/** What the times depend on besides the package. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly system: string;
  readonly node: string;
  /** The kernels' backend and its device, such as the adapter's name. */
  readonly backend: string;
  readonly device: string;
  /** What the model ran on; missing where none ran. */
  readonly runtime?: string;
  readonly threads: number;
}

/** The results of one run of the command, as they are written as JSON. */
export interface BenchReport {
  readonly format: typeof FORMAT;
  readonly version: string;
  /** ISO 8601. */
  readonly date: string;
  readonly machine: Machine;
  /** Name of the model's file; missing where none ran. */
  readonly model?: string;
  /** False where the user stopped the run. */
  readonly complete: boolean;
  readonly rows: readonly Row[];
  /** Methods that were left out, and why. */
  readonly leftOut: readonly { readonly name: string; readonly reason: string }[];
}

export const FORMAT = 'onnx-cam bench 1';

/** The fields of `Machine` that describe the computer itself. */
export function thisMachine(): Pick<Machine, 'cpu' | 'cores' | 'system' | 'node'> {
  const [first] = cpus();
  return {
    cpu: first?.model.trim() || 'unknown CPU',
    cores: cpus().length,
    system: `${platform()} ${release()} ${arch()}`,
    node: process.version,
  };
}

/**
 * Checks that a report may be written: there is no file of that name, or it is a report.
 * @throws {CamError} `output`
 */
export async function expectReportOrNone(path: string): Promise<void> {
  const text = await readRegularText(path).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    return '';
  });
  if (text === undefined || isReport(text)) return;
  throw new CamError(
    'output',
    `--json: expected a name that is free or an earlier report, got "${path}", which onnx-cam bench did not write. ` +
      'Choose another, or replace it with --force.',
  );
}

function isReport(text: string): boolean {
  try {
    return faultIn(JSON.parse(text)) === undefined;
  } catch {
    return false;
  }
}

/**
 * Reads the report of an earlier run.
 * @throws {CamError} `option` for a file that cannot be read or is not a report.
 */
export async function readReport(path: string): Promise<BenchReport> {
  let content: unknown;
  try {
    content = JSON.parse(await readRegularText(path));
  } catch (cause) {
    const why = cause instanceof SyntaxError ? 'no JSON' : reason(cause);
    throw new CamError(
      'option',
      `--compare: "${path}": expected what onnx-cam bench --json wrote, got: ${why}.`,
      {
        cause,
      },
    );
  }
  const fault = faultIn(content);
  if (fault !== undefined)
    throw new CamError(
      'option',
      `--compare: "${path}": expected what onnx-cam bench --json wrote ("${FORMAT}"), got ${fault}. Write it again.`,
    );
  return content as BenchReport; // checked above
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isText = (value: unknown): value is string => typeof value === 'string';

function isTiming(value: unknown): value is Timing {
  if (!isObject(value)) return false;
  const { clock, median, low, high, runs } = value;
  const numbers = [median, low, high, runs];
  return (clock === 'cpu' || clock === 'wall') && numbers.every((one) => typeof one === 'number' && one >= 0);
}

function isRow(value: unknown): value is Row {
  if (!isObject(value)) return false;
  const { group, name, size, against, wrong, time, baselines } = value;
  return (
    (group === 'kernel' || group === 'method') &&
    [name, size].every(isText) &&
    Array.isArray(against) &&
    against.every(isText) &&
    (wrong === undefined || isText(wrong)) &&
    (time === undefined || isTiming(time)) &&
    isObject(baselines) &&
    Object.values(baselines).every(isTiming)
  );
}

/** Why a value is not a valid report. */
function faultIn(content: unknown): string | undefined {
  if (!isObject(content)) return 'no object';
  const { format, version, date, machine, rows } = content;
  if (format !== FORMAT) return isText(format) ? `"${format}"` : 'no "format"';
  if (!isText(version) || !isText(date)) return 'no "version" or no "date"';
  if (
    !isObject(machine) ||
    ![machine.cpu, machine.system, machine.node, machine.backend, machine.device].every(isText)
  )
    return 'no "machine"';
  if (!Array.isArray(rows)) return 'no "rows"';
  const broken = rows.findIndex((row) => !isRow(row));
  return broken < 0 ? undefined : `a damaged row (${broken})`;
}
