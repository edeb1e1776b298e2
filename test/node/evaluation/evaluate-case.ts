import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeEach } from 'vitest';
import type { FakeSubjectOptions } from '../../evaluate/subject.js';
import { FakeSubject } from '../../evaluate/subject.js';
import { type Outcome, runProgram } from '../fake.js';
import { temporaryFolder } from '../folder.js';

/**
 * Each test of `evaluate` has a folder of its own: three pictures with a class and a box, a model that is
 * only a file, an output folder.
 */
const root = temporaryFolder();
export let folder = '';
export let out = '';
let count = 0;

beforeEach(async () => {
  folder = join(root, `case-${count++}`);
  out = join(folder, 'out');
  mkdirSync(join(folder, 'data'), { recursive: true });
  writeFileSync(join(folder, 'model.onnx'), 'not looked into');
  const files = ['a.png', 'b.png', 'c.png'];
  for (const [at, file] of files.entries()) await picture(file, 150 + 40 * at);
  annotate(files.map((file, at) => ({ file, label: at, boxes: [[0, 0, 8, 8]] })));
});

export async function picture(file: string, level: number): Promise<void> {
  const create = {
    width: 16,
    height: 16,
    channels: 3,
    background: { r: level, g: level, b: level },
  } as const;
  await sharp({ create })
    .png()
    .toFile(join(folder, 'data', file));
}

export const annotate = (list: readonly object[]): void =>
  writeFileSync(join(folder, 'data', 'boxes.json'), JSON.stringify(list));

export interface EvaluateOutcome extends Outcome {
  readonly subject: FakeSubject;
}

/** Runs `evaluate` with a fake model that gives the methods `corner` and `flat`. */
export async function evaluate(
  args: readonly string[],
  options: FakeSubjectOptions & { readonly onInterrupt?: (stop: () => void) => () => void } = {},
): Promise<EvaluateOutcome> {
  const subject = new FakeSubject(options);
  const { onInterrupt } = options;
  const outcome = await runProgram(
    [
      'evaluate',
      '--model',
      join(folder, 'model.onnx'),
      '--data',
      join(folder, 'data'),
      '--out',
      out,
      ...args,
    ],
    { openSubject: async () => subject, ...(onInterrupt && { onInterrupt }) },
  );
  return { ...outcome, subject };
}

export const written = (name: string): string => readFileSync(join(out, name), 'utf8');

/** What `results.json` holds, without what a clock says. */
export function results(): Record<string, unknown> {
  const timed = (key: string, value: unknown): unknown =>
    ['milliseconds', 'perSecond', 'bare'].includes(key) ? undefined : value;
  const file: unknown = JSON.parse(written('results.json'), timed);
  return { ...(typeof file === 'object' && file) };
}
