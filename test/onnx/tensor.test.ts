import { describe, expect, test } from 'vitest';
import { CamError } from '../../src/errors.js';
import {
  type ConstantTensor,
  constantTensor,
  halfToFloat,
  parseModel,
  toFloat32,
  toNumbers,
} from '../../src/onnx/index.js';
import { dataTypes } from '../../src/onnx/model.js';
import { concatBytes } from '../../src/onnx/wire-writer.js';
import { model } from './build.js';
import { ModelProto } from './schema.js';

/** The one initialiser of a model that protobufjs wrote with the given TensorProto fields. */
function initializer(fields: object, files?: ReadonlyMap<string, Uint8Array>, shift = 0): ConstantTensor {
  const written = ModelProto.encode(
    ModelProto.fromObject({
      irVersion: 7,
      opsetImport: [{ domain: '', version: 13 }],
      graph: { name: 'g', initializer: [{ name: 't', ...fields }] },
    }),
  ).finish();
  const bytes = concatBytes([new Uint8Array(shift), written]).subarray(shift);
  const tensor = parseModel(bytes, 'm.onnx', files).graph.initializers.get('t');
  if (!tensor) throw new Error('the initialiser was not read');
  return tensor;
}

const code = (dtype: (typeof dataTypes)[number]) => dataTypes.indexOf(dtype);

describe('values in each field that may hold them', () => {
  test.each([
    ['float_data', { dataType: code('float32'), floatData: [1.5, -2] }, Float32Array.of(1.5, -2)],
    ['double_data', { dataType: code('float64'), doubleData: [1.5, -2] }, Float64Array.of(1.5, -2)],
    ['int64_data', { dataType: code('int64'), int64Data: [-1, 7] }, BigInt64Array.of(-1n, 7n)],
    ['int32_data as int32', { dataType: code('int32'), int32Data: [-1, 7] }, Int32Array.of(-1, 7)],
    ['int32_data as int8', { dataType: code('int8'), int32Data: [-128, 7] }, Int8Array.of(-128, 7)],
    ['int32_data as uint8', { dataType: code('uint8'), int32Data: [255, 7] }, Uint8Array.of(255, 7)],
    ['int32_data as bool', { dataType: code('bool'), int32Data: [1, 0] }, Uint8Array.of(1, 0)],
    [
      'int32_data as float16 bits',
      { dataType: code('float16'), int32Data: [0x3c00, 0xc000] },
      Uint16Array.of(0x3c00, 0xc000),
    ],
    [
      'uint64_data as uint32',
      { dataType: code('uint32'), uint64Data: [4294967295, 1] },
      Uint32Array.of(4294967295, 1),
    ],
    ['uint64_data', { dataType: code('uint64'), uint64Data: [1, 2] }, BigUint64Array.of(1n, 2n)],
  ])('%s', (_, fields, expected) => {
    expect(initializer({ dims: [2], ...fields }).data()).toEqual(expected);
  });

  test('int64 beyond 2^53 stays exact', () => {
    const rawData = new Uint8Array(BigInt64Array.of(2n ** 62n + 1n).buffer);
    expect(initializer({ dims: [1], dataType: code('int64'), rawData }).data()).toEqual(
      BigInt64Array.of(2n ** 62n + 1n),
    );
  });

  test('a scalar and an empty tensor', () => {
    const rawData = new Uint8Array(Float32Array.of(3).buffer);
    expect(initializer({ dims: [], dataType: 1, rawData }).data()).toEqual(Float32Array.of(3));
    expect(initializer({ dims: [0], dataType: 1 }).data()).toEqual(new Float32Array(0));
  });
});

test('raw_data at every alignment; a view where it is aligned', () => {
  const rawData = new Uint8Array(Float32Array.of(1, 2, 3).buffer);
  const views = [0, 1, 2, 3].map((shift) => {
    const tensor = initializer({ dims: [3], dataType: 1, rawData }, undefined, shift);
    const values = tensor.data();
    expect(values).toEqual(Float32Array.of(1, 2, 3));
    return values.buffer === tensor.proto.buffer;
  });
  expect(views.filter(Boolean)).toHaveLength(1);
});

test('a Buffer, whose slices are views, is read like any bytes', () => {
  const bytes = model({
    inputs: { x: [1] },
    nodes: [],
    initializers: { w: { dims: [1], values: BigInt64Array.of(5n) } },
    outputs: { x: [1] },
  });
  for (let shift = 0; shift < 8; shift++) {
    const pooled = Buffer.concat([Buffer.alloc(shift), bytes]).subarray(shift);
    expect(parseModel(pooled).graph.initializers.get('w')?.data()).toEqual(BigInt64Array.of(5n));
  }
});

test('half precision: zero, subnormal, ordinary, largest, infinite, not a number', () => {
  const bits = Uint16Array.of(
    0x0000,
    0x8000,
    0x0001,
    0x03ff,
    0x3c00,
    0xc000,
    0x3555,
    0x7bff,
    0x7c00,
    0xfc00,
    0x7e00,
  );
  expect([...halfToFloat(bits)]).toEqual([
    0,
    -0,
    2 ** -24,
    1023 * 2 ** -24,
    1,
    -2,
    (1 + 0x155 / 1024) / 4,
    65504,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    Number.NaN,
  ]);
});

test('toFloat32 and toNumbers', () => {
  expect(toFloat32(constantTensor('h', [1], Uint16Array.of(0x3c00), 'float16'))).toEqual(Float32Array.of(1));
  expect(toFloat32(constantTensor('b', [2], Uint16Array.of(0x3f80, 0xc000), 'bfloat16'))).toEqual(
    Float32Array.of(1, -2),
  );
  expect(toFloat32(constantTensor('i', [1], BigInt64Array.of(3n)))).toEqual(Float32Array.of(3));
  expect(toNumbers(constantTensor('i', [2], BigInt64Array.of(-3n, 4n)))).toEqual([-3, 4]);
  expect(() => toFloat32(constantTensor('c', [1], Uint8Array.of(1), 'float8e4m3fn'))).toThrow(
    'tensor "c": expected plain numbers, got type float8e4m3fn.',
  );
});

describe('external values', () => {
  const external = (entries: Record<string, string>) => ({
    dims: [2],
    dataType: 1,
    dataLocation: 1,
    externalData: Object.entries(entries).map(([key, value]) => ({ key, value })),
  });
  const file = concatBytes([new Uint8Array(4), new Uint8Array(Float32Array.of(7, 8).buffer)]);

  test('are read from the file given', () => {
    const tensor = initializer(
      external({ location: 'w.bin', offset: '4', length: '8' }),
      new Map([['w.bin', file]]),
    );
    expect(tensor.external).toEqual({ location: 'w.bin', offset: 4, length: 8 });
    expect(tensor.data()).toEqual(Float32Array.of(7, 8));
  });

  test.each([
    [
      'no file',
      { location: 'w.bin' },
      new Map<string, Uint8Array>(),
      'm.onnx: tensor "t": expected the file "w.bin" that holds its values, got none. Keep that file beside the model, or pass its bytes as external data.',
    ],
    [
      'a file that is too short',
      { location: 'w.bin', offset: '8' },
      new Map([['w.bin', file]]),
      'm.onnx: tensor "t": expected at least 16 bytes in "w.bin", got 12. Fetch or export model and weights again.',
    ],
    [
      'a length that contradicts the dims',
      { location: 'w.bin', length: '4' },
      new Map([['w.bin', file]]),
      'm.onnx: tensor "t": expected 8 bytes (float32 [2]), got 4. The file is damaged: fetch or export it again.',
    ],
  ])('%s', (_, entries, files, message) => {
    const tensor = initializer(external(entries), files);
    expect(() => tensor.data()).toThrow(new CamError('model', message));
  });

  test.each(['-1', '1e3', '0x10', '', ' 4', '4.0', '99999999999999999999'])(
    'offset "%s" is refused',
    (offset) => {
      expect(() => initializer(external({ location: 'w.bin', offset }))).toThrow(
        'm.onnx: tensor "t": expected external values in a file beside the model, got location "w.bin", offset ',
      );
    },
  );

  // A model must not be able to name files outside its own folder.
  test.each(['../secret', '/etc/passwd', 'C:\\secret', 'a/../../b', '..', ''])(
    'location "%s" is refused',
    (location) => {
      expect(() => initializer(external({ location }))).toThrow(
        `m.onnx: tensor "t": expected external values in a file beside the model, got location "${location}", offset 0, length unstated. Export the model again.`,
      );
    },
  );
});

test.each([
  [
    'dims larger than the values',
    { dims: [3], dataType: 1, floatData: [1] },
    'expected 12 bytes (float32 [3]), got 4. The file is damaged: fetch or export it again.',
  ],
  [
    'strings',
    { dims: [1], dataType: 8, stringData: [Uint8Array.of(65)] },
    'expected numbers, got type string. Only numeric tensors can be read.',
  ],
  ['no type', { dims: [1] }, 'expected numbers, got type undefined. Only numeric tensors can be read.'],
])('values that cannot be had: %s', (_, fields, message) => {
  expect(() => initializer(fields).data()).toThrow(new CamError('model', `m.onnx: tensor "t": ${message}`));
});

test('a negative length', () => {
  expect(() => initializer({ dims: [-1], dataType: 1 })).toThrow(
    'm.onnx: tensor "t": expected lengths of at least 0, got [-1]. The file is damaged: fetch or export it again.',
  );
});

test('constantTensor checks the number of values', () => {
  expect(() => constantTensor('w', [2, 2], Float32Array.of(1))).toThrow(
    'constant "w": expected 4 values (dims [2, 2]), got 1.',
  );
});
