import { describe, expect, test } from 'vitest';
import { defaultPreprocessing } from '../../../src/image/index.js';
import type { ModelFacts } from '../../../src/node/model/facts.js';
import { runProgram } from '../fake.js';

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
        layout: null,
        gradientObstacle: 'operator Foo (node "foo") has no rule.',
      },
      {
        name: 'conv10.relu',
        operator: 'Relu',
        type: 'float32',
        shape: ['batch', 1000, 13, 13],
        layout: null,
        gradientObstacle: null,
      },
    ],
    target: 'predicted',
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
scores   probs, the output that is explained
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

  test('methods that the model serves, and by reason those that it does not', async () => {
    const one = { title: 'A', cost: 'one pass', classAgnostic: true } as const;
    const methods = [
      { ...one, name: 'mi-cam', obstacle: null },
      { ...one, name: 'grad-cam', cost: 'gradient', obstacle: 'no way back.' },
      { ...one, name: 'score-cam', cost: 'many passes', obstacle: null },
      { ...one, name: 'eigen-cam', obstacle: null },
      { ...one, name: 'layer-cam', cost: 'gradient', obstacle: 'no way back.' },
    ] as const;
    const { out: text } = await runProgram(['inspect', 'm.onnx'], {
      inspectModel: async () => ({ ...facts, methods }),
    });
    expect(text).toContain(
      '\n\nmethods\none pass: mi-cam, eigen-cam\nmany passes: score-cam\nnot grad-cam, layer-cam: no way back.\nnote: ',
    );
  });

  test('of layers the last of each size, and the one that is taken; all with --all', async () => {
    const layer = (name: string, side: number) => ({ ...facts.layers[1], name, shape: ['n', 8, side, side] });
    const layers = [layer('a', 56), layer('b', 56), layer('conv10.relu', 28), layer('c', 28), layer('d', 14)];
    const inspectModel = async () => ({ ...facts, layers });
    const names = (text: string) =>
      text.split('\n').flatMap((row) => /^[> ] {2}(\S+) +Relu/.exec(row)?.[1] ?? []);
    const { out: short } = await runProgram(['inspect', 'm.onnx'], { inspectModel });
    expect(names(short)).toEqual(['b', 'conv10.relu', 'c', 'd']);
    expect(short).toContain('candidate layers (the last of each size, --all lists 5; > is the one taken)');
    const { out: all } = await runProgram(['inspect', '--all', 'm.onnx'], { inspectModel });
    expect(names(all)).toEqual(['a', 'b', 'conv10.relu', 'c', 'd']);
    expect(all).toContain('candidate layers (5, > is the one taken)');
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
