import { describe, expect, test } from 'vitest';
import { defaultPreprocessing } from '../../src/image/index.js';
import type { ModelFacts } from '../../src/node/facts.js';
import { runProgram } from './fake.js';

describe('inspect', () => {
  const facts: ModelFacts = {
    file: 'm.onnx',
    bytes: 4_955_324,
    producer: 'pytorch',
    irVersion: 8,
    opset: 13,
    nodes: 66,
    inputs: [{ name: 'input', type: 'float32', shape: ['batch', 3, 224, null] }],
    outputs: [{ name: 'probs', type: 'float32', shape: ['batch', 1000] }],
    layers: [
      {
        name: 'relu1',
        operator: 'Relu',
        type: 'float32',
        shape: ['batch', 64, 56, 56],
        gradientObstacle: 'operator Foo (node "foo") has no rule.',
      },
      {
        name: 'conv10.relu',
        operator: 'Relu',
        type: 'float32',
        shape: ['batch', 1000, 13, 13],
        gradientObstacle: null,
      },
    ],
    layer: 'conv10.relu',
    reason: 'the last tensor with spatial extent that the tail consumes',
    tail: 'class-map',
    scores: 'probs',
    activation: 'none',
    remarks: ['of 2 outputs "probs" is explained.'],
    logits: 'pool',
    normalisation: 'Softmax',
    preprocessing: defaultPreprocessing([224, 224], 3),
    preprocessingSource: 'the ImageNet convention',
    labels: ['cat', 'dog'],
    labelsSource: 'm.json',
    notices: ['m.onnx: opset 99 is newer than known here.'],
  };

  test('as a table', async () => {
    const { code, out: text } = await runProgram(['inspect', 'm.onnx'], { inspectModel: async () => facts });
    expect(code).toBe(0);
    expect(text).toBe(`model    m.onnx (5.0 MB)
made by  pytorch, opset 13, IR 8, 66 nodes
inputs   input float32 [batch, 3, 224, ?]
outputs  probs float32 [batch, 1000]
pixels   224 × 224 RGB, 0..1, mean 0.485 0.456 0.406, std 0.229 0.224 0.225; from the ImageNet convention
labels   2 from m.json
scores   probs
tail     class maps, then global average pooling (class-map)
ends     in Softmax; its input "pool" is the logit
layer    conv10.relu
because  the last tensor with spatial extent that the tail consumes

candidate layers (2, > is the one taken)
   relu1        Relu  [batch, 64, 56, 56]    no gradient
>  conv10.relu  Relu  [batch, 1000, 13, 13]
no gradient: operator Foo (node "foo") has no rule.
note: scores: of 2 outputs "probs" is explained.
note: m.onnx: opset 99 is newer than known here.
`);
  });

  test('as JSON', async () => {
    const { out: text } = await runProgram(['inspect', '--json', 'm.onnx'], {
      inspectModel: async () => facts,
    });
    expect(JSON.parse(text)).toEqual(facts);
  });

  test('a file that is no model', async () => {
    const { code, err } = await runProgram(['inspect', 'cat.jpg']);
    expect([code, err]).toEqual([2, 'onnx-cam: cat.jpg: expected an ONNX model, got a JPEG picture.\n']);
  });
});
