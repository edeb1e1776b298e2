// Default layers of models whose outputs are no class scores, and gradients through a generalised mean.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readNpy } from '../../src/node/index.js';
import { parseModel, targetLayer, writeModel } from '../../src/onnx/index.js';
import { expectClose } from '../close.js';
import { missing, referenceFolder } from '../data.js';
import { gradientsOf } from './gradients/run.js';

const questions = join(referenceFolder, 'questions');
describe.skipIf(missing(questions))('reference questions', () => {
  test.each(['embedding', 'regression'])('%s', (name) => {
    const whole = parseModel(readFileSync(join(questions, name, 'model.onnx')), name);
    // An embedding of unit length is no class score: the linear layer before is read as one.
    const head = name === 'embedding' ? '/m/fc/Gemm_output_0' : whole.graph.outputs[0].name;
    const outputs = [{ name: head, dtype: 'float32', shape: ['n', 16] } as const];
    const graph = name === 'embedding' ? { ...whole.graph, outputs } : whole.graph;
    expect(targetLayer(parseModel(writeModel({ ...whole, graph }), name)).name).toBe('target_activation');
  });

  // S is the cosine of embedding and reference: its cotangent v/(‖e‖‖v‖) - S·e/‖e‖² is computed in float64.
  test.each(['separate', 'merged'] as const)('gradients through a generalised mean, %s', async (form) => {
    const file = (name: string) => join(questions, 'embedding', name);
    const whole = parseModel(readFileSync(file('model.onnx')), 'embedding');
    const [input, embedding, v] = await Promise.all(
      ['input.npy', 'outputs/embedding.npy', 'reference.npy'].map((name) => readNpy(file(name))),
    );
    const [n, size] = embedding.shape;
    const cotangent = new Float32Array(n * size);
    for (let row = 0; row < n; row++) {
      const e = Array.from(embedding.data.subarray(row * size, (row + 1) * size));
      const dot = (a: ArrayLike<number>, b: readonly number[]) => b.reduce((sum, x, i) => sum + x * a[i], 0);
      const [lengthE, lengthV] = [Math.sqrt(dot(e, e)), Math.sqrt(dot(v.data, Array.from(v.data)))];
      const score = dot(v.data, e) / (lengthE * lengthV);
      for (const [i, x] of e.entries())
        cotangent[row * size + i] = v.data[i] / (lengthE * lengthV) - (score * x) / lengthE ** 2;
    }
    const options = { wrt: ['target_activation'], score: { tensor: 'embedding' } };
    const target = { shape: [n, size], data: cotangent };
    const { target_activation } = await gradientsOf(whole, options, form, { image: input }, target);
    const want = await readNpy(file('gradient.npy'));
    const largest = want.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    expectClose(target_activation.data as Float32Array, want.data, want.shape, 1e-4 * largest);
  });
});
