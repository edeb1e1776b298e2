import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { externalLocations } from '../../../src/node/model/external-locations.js';
import { inspectModel } from '../../../src/node/model/inspect-model.js';
import { temporaryFolder } from '../folder.js';

const folder = temporaryFolder();
const birds = fileURLToPath(new URL('../../../models/birds.onnx', import.meta.url));

describe('inspectModel', () => {
  test('the birds: GAP and one linear layer, the last ReLU taken', async () => {
    const facts = await inspectModel(birds);
    expect(facts).toMatchObject({
      file: birds,
      producer: 'pytorch',
      opset: 13,
      inputs: [{ name: 'image', type: 'float32', shape: ['batch', 3, 128, 128] }],
      outputs: [{ name: 'logits', type: 'float32', shape: ['batch', 12] }],
      layer: '/f/f.5/Relu_output_0',
      tail: 'gap-linear',
      logits: 'logits',
      normalisation: null,
    });
    expect(facts.layers.at(-1)).toMatchObject({
      name: '/f/f.5/Relu_output_0',
      operator: 'Relu',
      shape: ['batch', 96, 16, 16],
    });
    expect(facts.layers.map(({ gradientObstacle }) => gradientObstacle)).toEqual(Array(32).fill(null));
    const unserved = facts.methods?.filter(({ obstacle }) => obstacle !== null).map(({ name }) => name);
    expect(unserved).toEqual(['calm', 'calm-conditional', 'calm-softmax', 'calm-saliency']);
    expect(facts.methods).toHaveLength(23);
  });

  test('a picture is not taken for a model', async () => {
    const path = join(folder, 'cat.jpg');
    writeFileSync(path, Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 16, 0x4a, 0x46, 0x49, 0x46]));
    await expect(inspectModel(path)).rejects.toThrow(`${path}: expected an ONNX model, got a JPEG picture.`);
  });
});

/** A protobuf message field: bytes or text with their length, or a number. */
function field(number: number, value: Buffer | string | number): Buffer {
  if (typeof value === 'number') return Buffer.from([number << 3, value]);
  const body = Buffer.from(value);
  const length = body.length < 128 ? [body.length] : [(body.length & 127) | 128, body.length >> 7];
  return Buffer.concat([Buffer.from([...tag(number), ...length]), body]);
}

const tag = (number: number): number[] =>
  number < 16 ? [(number << 3) | 2] : [((number << 3) & 127) | 130, number >> 4];

/** TensorProto [1] float32 whose value lies in another file. */
const external = (name: string, location: string): Buffer =>
  Buffer.concat([
    field(1, 1),
    field(2, 1),
    field(8, name),
    field(13, Buffer.concat([field(1, 'location'), field(2, location)])),
    field(14, 1),
  ]);

test('external data are found in initialisers, in attributes and in subgraphs, each file once', () => {
  const branch = Buffer.concat([field(2, 'branch'), field(5, external('inner', 'sub.bin'))]);
  const attribute = (name: string, number: number, value: Buffer, type: number): Buffer =>
    field(5, Buffer.concat([field(1, name), field(number, value), Buffer.from([0xa0, 0x01, type])]));
  const constant = Buffer.concat([
    field(2, 'c'),
    field(4, 'Constant'),
    attribute('value', 5, external('', 'constant.bin'), 4),
  ]);
  const conditional = Buffer.concat([
    field(1, 'c'),
    field(2, 'y'),
    field(4, 'If'),
    attribute('then_branch', 6, branch, 5),
  ]);
  const graph = Buffer.concat([
    field(1, constant),
    field(1, conditional),
    field(2, 'g'),
    field(5, external('w', 'weights/w.bin')),
    field(5, external('b', 'weights/w.bin')),
  ]);
  const model = Buffer.concat([field(1, 8), field(7, graph), field(8, field(2, 13))]);
  expect(externalLocations(model, 'm.onnx').sort()).toEqual(['constant.bin', 'sub.bin', 'weights/w.bin']);
});
