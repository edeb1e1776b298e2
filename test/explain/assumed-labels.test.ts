import { describe, expect, test } from 'vitest';
import { ASSUMED_LABELS } from '../../src/explain/settings.js';
import { imagenetClasses } from '../../src/image/imagenet-classes.js';
import { createExplainer, type ExplainerOptions } from '../../src/index.js';
import { weights } from '../onnx/build.js';
import { classifier, image } from './classifier.js';

const of = (classes: number): Uint8Array =>
  classifier({ outputs: { logits: ['n', classes] }, initializers: { fc: weights([6, classes]) } });

const MEAN = [0.485, 0.456, 0.406];
const STD = [0.229, 0.224, 0.225];
const preprocessing = (mean: readonly number[], std: readonly number[], scale?: number) =>
  ({ size: [8, 8], resize: 'exact', interpolation: 'bilinear', mean, std, scale, channels: 'RGB' }) as const;
const times255 = (values: readonly number[]) => values.map((value) => 255 * value);

async function labelsOf(classes: number, more: ExplainerOptions = {}) {
  const notices: string[] = [];
  const options = {
    backend: 'wasm',
    methods: ['mi-cam'],
    onNotice: (text: string) => notices.push(text),
  } as const;
  const explainer = await createExplainer(of(classes), { ...options, ...more });
  const [{ target }] = await explainer.explain([image(1)], { target: 0 });
  const { labels, labelsSource } = explainer;
  await explainer.dispose();
  return {
    count: labels?.length,
    first: target.label,
    labelsSource,
    told: notices.some((text) => text.includes('labels from')),
  };
}

describe('labels where no file states them', () => {
  const assumed = { count: 1000, first: 'tench', labelsSource: ASSUMED_LABELS, told: true };
  const none = { count: undefined, first: undefined, labelsSource: undefined, told: false };
  test.for([
    ['1000 outputs, the convention assumed', 1000, {}, assumed],
    ['1000 outputs, the convention given', 1000, { preprocessing: preprocessing(MEAN, STD) }, assumed],
    [
      'the same of pixels 0..255',
      1000,
      { preprocessing: preprocessing(times255(MEAN), times255(STD), 1) },
      assumed,
    ],
    [
      '1000 outputs, prepared otherwise',
      1000,
      { preprocessing: preprocessing([0.5, 0.5, 0.5], [0.5, 0.5, 0.5]) },
      none,
    ],
    ['1001 outputs', 1001, {}, none],
    ['10 outputs', 10, {}, none],
  ] as const)('%s', async ([, classes, options, expected]) => {
    expect(await labelsOf(classes, options)).toEqual(expected);
  });

  test('labels from the options are kept', async () => {
    const labels = Array.from({ length: 1000 }, (_, i) => `label ${i}`);
    expect(await labelsOf(1000, { labels })).toEqual({
      ...{ count: 1000, first: 'label 0', labelsSource: 'the option labels', told: false },
    });
  });
});

test('the list has 1000 names, each once, in the usual order', () => {
  expect(new Set(imagenetClasses.map((name) => name.toLowerCase())).size).toBe(1000);
  expect([0, 1, 134, 207, 281, 517, 639, 999].map((at) => imagenetClasses[at])).toEqual([
    ...[
      'tench',
      'goldfish',
      'crane (bird)',
      'golden retriever',
      'tabby',
      'crane (machine)',
      'tank suit',
      'toilet tissue',
    ],
  ]);
});
