// The models of docs/questions.md: a scene of two birds, and what each target finds in it.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { Explanation } from '../../src/index.js';
import { createExplainer, explain } from '../../src/node/index.js';

const root = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'onnx-cam-examples-'));
execFileSync(process.execPath, [join(root, 'scripts/example-models.mjs'), '--out', folder]);
afterAll(() => rmSync(folder, { recursive: true }));

const RED = 0;
const BLUE = 11;

async function explained(model: string, target: readonly string[]): Promise<Explanation[]> {
  const explainer = await createExplainer(join(folder, `${model}.onnx`), {
    target,
    methods: ['grad-cam'],
    backend: 'wasm',
    onNotice: () => {},
  });
  const found = await explainer.explain([join(root, 'examples/birds/stacked-0.png')]);
  await explainer.dispose();
  return found as Explanation[];
}

/** Share of a map in its upper half, where the red bird sits. */
function upper({ maps }: Explanation): number {
  const { saliency } = maps['grad-cam'];
  const sum = (values: Float32Array) => values.reduce((total, value) => total + value, 0);
  return sum(saliency.subarray(0, saliency.length / 2)) / sum(saliency);
}

test('two detections have two boxes, and each map lies in its own', async () => {
  const [red, blue] = await explained('birds-detector', ['box:0', 'box:1']);
  expect([red.target.index, blue.target.index]).toEqual([RED, BLUE]);
  expect(red.target.label).toBe('red-headed red-winged red-tailed bird');
  expect(red.target.box?.[3]).toBeLessThanOrEqual(blue.target.box?.[1] ?? 0);
  expect(upper(red)).toBeGreaterThan(0.75);
  expect(upper(blue)).toBeLessThan(0.25);
});

test('the pixels of two classes lie apart', async () => {
  const [red, blue] = await explained('birds-segmentation', [`pixels:${RED}`, `pixels:${BLUE}`]);
  expect(red.target.pixels).toBe(red.scores[RED]);
  expect(upper(red)).toBeGreaterThan(0.75);
  expect(upper(blue)).toBeLessThan(0.25);
});

test('one call opens the model for its target', async () => {
  const model = join(folder, 'birds-detector.onnx');
  const options = { target: 'box:1', methods: ['grad-cam'], backend: 'wasm', onNotice: () => {} } as const;
  const { target } = await explain(model, join(root, 'examples/birds/stacked-0.png'), options);
  expect([target.name, target.index]).toEqual(['box:1', BLUE]);
});
