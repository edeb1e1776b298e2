import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { openSubject } from '../../../src/evaluate/index.js';
import { methods } from '../../../src/methods/index.js';
import { runProgram } from '../fake.js';
import { temporaryFolder } from '../folder.js';

// The bundled classifier and pictures, whole: birds whose parts are known to the pixel.
const root = temporaryFolder();
const model = resolve('models/birds.onnx');

interface Results {
  readonly data: { readonly kind: string; readonly evaluated: number; readonly problems: readonly unknown[] };
  readonly methods: readonly {
    readonly method: string;
    readonly metrics: Record<string, { cells: Record<string, { value?: number; count: number }> }>;
  }[];
  readonly sanity: {
    readonly stages: readonly { readonly redrawn: number; readonly of: number }[];
    readonly methods: readonly {
      method: string;
      classAgnostic: boolean;
      stages: { spearman: { value?: number } }[];
    }[];
  };
}

const args = [
  ...[
    'evaluate',
    '--model',
    model,
    '--data',
    resolve('examples/birds'),
    '--backend',
    'wasm',
    '--limit',
    '6',
    '--seed',
    '2',
  ],
  ...[
    '--method',
    'grad-cam,mi-cam,random-cam',
    '--steps',
    '10',
    '--batch',
    '3',
    '--sanity-stages',
    '2',
    '--sanity-pictures',
    '3',
  ],
  ...[
    '--metrics',
    'average-drop,deletion,insertion,energy-pointing-game,pointing-game,max-box-acc-v2,pxap,mpxap,counterfactual,sanity',
  ],
];

async function evaluate(out: string, stopAtOnce = false): Promise<number> {
  const { code } = await runProgram([...args, '--out', out], {
    methods,
    openSubject: async (path, options) => openSubject({ bytes: readFileSync(path), name: path }, options),
    ...(stopAtOnce && {
      onInterrupt: (stop: () => void) => {
        stop();
        return () => undefined;
      },
    }),
  });
  return code;
}

const withoutTimes = (out: string): Results =>
  JSON.parse(readFileSync(join(out, 'results.json'), 'utf8'), (key, value: unknown) =>
    ['milliseconds', 'perSecond', 'bare'].includes(key) ? undefined : value,
  );

test('the birds: figures that tell a method from chance, and the same after an interruption', async () => {
  const whole = join(root, 'whole');
  expect(await evaluate(whole)).toBe(0);
  const results = withoutTimes(whole);
  expect(results.data).toMatchObject({
    kind: 'species that differ in known parts',
    evaluated: 6,
    problems: [],
  });
  const figure = (method: string, metric: string, column = metric) =>
    results.methods.find((one) => one.method === method)?.metrics[metric].cells[column];
  const value = (method: string, metric: string) => figure(method, metric)?.value ?? Number.NaN;
  // A map of the class finds the bird; one of random weights does not.
  expect(value('grad-cam', 'pointing-game')).toBe(100);
  for (const better of ['energy-pointing-game', 'pxap', 'insertion', 'max-box-acc-v2'])
    expect(value('grad-cam', better), better).toBeGreaterThan(value('random-cam', better));
  for (const better of ['average-drop', 'deletion'])
    expect(value('grad-cam', better), better).toBeLessThan(value('random-cam', better));
  // Pairs of species that differ in one part; a method that ignores the class has no difference to show.
  expect(figure('grad-cam', 'mpxap')?.count).toBeGreaterThan(1);
  expect(figure('mi-cam', 'mpxap')?.count).toBe(0);
  // Behind global pooling Grad-CAM's weights are those of the classifier: they do not depend on the picture.
  // MI-CAM's do.
  expect(figure('grad-cam', 'counterfactual', 'counterfactual-rank')?.value).toBe(1);
  expect(figure('mi-cam', 'counterfactual', 'counterfactual-rank')?.value).toBeLessThan(0.9);
  // The classifier re-drawn: what ignores the class stays, Grad-CAM's map does not. All re-drawn: nothing
  // stays.
  const rank = (method: string, stage: number) =>
    results.sanity.methods.find((one) => one.method === method)?.stages[stage].spearman.value ?? Number.NaN;
  expect(results.sanity.stages.map(({ redrawn }) => redrawn)).toEqual([1, results.sanity.stages[0].of]);
  expect(rank('mi-cam', 0)).toBe(1);
  expect(rank('grad-cam', 0)).toBeLessThan(0.9);
  expect(rank('mi-cam', 1)).toBeLessThan(0.9);

  const halted = join(root, 'halted');
  expect(await evaluate(halted, true)).toBe(130);
  expect(await evaluate(halted, true)).toBe(130);
  expect(await evaluate(halted)).toBe(0);
  expect(withoutTimes(halted)).toEqual(results);
  expect(readFileSync(join(halted, 'results.csv'), 'utf8')).toBe(
    readFileSync(join(whole, 'results.csv'), 'utf8'),
  );
});
