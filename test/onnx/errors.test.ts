import { describe, expect, test } from 'vitest';
import { CamError } from '../../src/errors.js';
import { parseModel } from '../../src/onnx/index.js';
import { indexGraph } from '../../src/onnx/walk.js';
import { model, node, weights } from './build.js';

const whole = model({
  inputs: { x: ['n', 3, 8, 8] },
  nodes: [node('Conv', ['x', 'w'], ['y'])],
  initializers: { w: weights([4, 3, 3, 3]) },
  outputs: { y: ['n', 4, 6, 6] },
});

function messageOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof CamError && error.code === 'model') return error.message;
    throw error;
  }
  throw new Error('nothing was thrown');
}

const bytes = (...values: number[]) => Uint8Array.from(values);
const text = (value: string) => new TextEncoder().encode(value);

describe('files that are no ONNX model', () => {
  test.each([
    ['empty', bytes(), 'm.onnx: expected an ONNX model, got an empty file. Fetch or export the model again.'],
    [
      'JPEG',
      bytes(0xff, 0xd8, 0xff, 0xe0, 0, 16),
      'm.onnx: expected an ONNX model, got a JPEG picture. Pass a .onnx file.',
    ],
    [
      'PNG',
      bytes(0x89, 0x50, 0x4e, 0x47, 13, 10),
      'm.onnx: expected an ONNX model, got a PNG picture. Pass a .onnx file.',
    ],
    [
      'HTML',
      text('<!DOCTYPE html><html>404</html>'),
      'm.onnx: expected an ONNX model, got an HTML or XML page. Fetch the file itself, not the page about it.',
    ],
    [
      'Git LFS pointer',
      text('version https://git-lfs.github.com/spec/v1\noid sha256:00\n'),
      'm.onnx: expected an ONNX model, got a Git LFS pointer. Run `git lfs pull`.',
    ],
    [
      'PyTorch',
      text('PK\x03\x04abc'),
      'm.onnx: expected an ONNX model, got a zip archive (PyTorch or Keras weights?). Export the model to ONNX.',
    ],
    [
      'TensorFlow Lite',
      text('\x1c\0\0\0TFL3'),
      'm.onnx: expected an ONNX model, got a TensorFlow Lite model. Convert it to ONNX.',
    ],
    [
      'plain text',
      text('hello'),
      'm.onnx: expected an ONNX model, got something else (its first bytes are no ModelProto). Pass a .onnx file.',
    ],
    [
      'zeros',
      new Uint8Array(64),
      'm.onnx: expected an ONNX model, got something else (its first bytes are no ModelProto). Pass a .onnx file.',
    ],
    [
      'wire type 7 after a plausible start',
      bytes(8, 7, 0x0f),
      'm.onnx: expected an ONNX model (a protobuf message), got bytes that make no sense at 3 of 3. The file is damaged: fetch or export it again.',
    ],
    [
      'a varint without end',
      bytes(8, ...Array.from({ length: 12 }, () => 0xff)),
      'm.onnx: expected an ONNX model (a protobuf message), got bytes that make no sense at 11 of 13. The file is damaged: fetch or export it again.',
    ],
    [
      'IR version alone',
      bytes(8, 7),
      'm.onnx: expected an ONNX model with a graph, got one without. Fetch or export it again.',
    ],
  ])('%s', (_, file, message) => {
    expect(messageOf(() => parseModel(file, 'm.onnx'))).toBe(message);
  });
});

test('a truncated file says how much is missing at least', () => {
  expect(messageOf(() => parseModel(whole.subarray(0, 300), 'm.onnx'))).toBe(
    `m.onnx: expected a whole ONNX model, got one that stops in the middle (it needs at least ${whole.length - 4} bytes, the file has 300). Fetch or export it again.`,
  );
});

test('a file cut after its graph has no opset', () => {
  expect(messageOf(() => parseModel(whole.subarray(0, whole.length - 4), 'm.onnx'))).toBe(
    'm.onnx: expected ONNX opset 7 to 22 (older operators mean something else), got none (the file may be cut off). Export it again, or lift it with onnx.version_converter.',
  );
});

test('opsets: 6 is refused, 7 and 22 are read, 23 is read with a notice', () => {
  const of = (opset: number) => model({ opset, inputs: { x: [1] }, nodes: [], outputs: { x: [1] } });
  expect(messageOf(() => parseModel(of(6), 'm.onnx'))).toBe(
    'm.onnx: expected ONNX opset 7 to 22 (older operators mean something else), got 6. Export it again, or lift it with onnx.version_converter.',
  );
  expect(parseModel(of(7)).notices).toEqual([]);
  expect(parseModel(of(22)).notices).toEqual([]);
  expect(parseModel(of(23), 'm.onnx').notices).toEqual([
    'm.onnx: opset 23 is newer than 22, the newest known here: operators that changed since may be misread.',
  ]);
});

test('graphs within graphs without end', () => {
  let inner = parseModel(whole).graph;
  for (let i = 0; i < 40; i++)
    inner = {
      ...inner,
      nodes: [node('If', ['c'], [`o${i}`], { then_branch: { type: 'graph', value: inner } })],
    };
  const deep = model({ inputs: { c: [] }, nodes: inner.nodes, outputs: { o39: {} } });
  expect(messageOf(() => parseModel(deep, 'm.onnx'))).toBe(
    'm.onnx: expected at most 32 graphs within one another, got more. The file is damaged: fetch or export it again.',
  );
});

describe('graphs that are none', () => {
  const indexed = (...nodes: ReturnType<typeof node>[]) => {
    const { graph } = parseModel(model({ inputs: { x: [1] }, nodes, outputs: { y: [1] } }));
    return () => indexGraph(graph, 'm.onnx');
  };

  test('a cycle', () => {
    expect(messageOf(indexed(node('Add', ['x', 'b'], ['a'], {}, 'first'), node('Relu', ['a'], ['b'])))).toBe(
      'm.onnx: expected a graph without cycles, got one through node "" (Relu). Export the model again.',
    );
  });

  test('a node that reads its own output', () => {
    expect(messageOf(indexed(node('Add', ['x', 'a'], ['a'], {}, 'self')))).toBe(
      'm.onnx: expected a graph without cycles, got one through node "self" (Add). Export the model again.',
    );
  });

  test('two makers of one tensor', () => {
    expect(messageOf(indexed(node('Relu', ['x'], ['a']), node('Abs', ['x'], ['a'])))).toBe(
      'm.onnx: expected one node to make tensor "a", got two. Export the model again.',
    );
  });
});
