import { describe, expect, test } from 'vitest';
import { inputNormalisation, parseModel } from '../../src/onnx/index.js';
import { float, integers, model, node, weights } from './build.js';

const channel = (values: readonly number[]) => ({
  dims: [1, 3, 1, 1] as readonly number[],
  values: Float32Array.from(values),
});
const scalar = (value: number) => ({ dims: [] as readonly number[], values: Float32Array.of(value) });

type Nodes = Parameters<typeof model>[0]['nodes'];
type Constants = Parameters<typeof model>[0]['initializers'];

/** The normalisation found in a model that computes `y` from `x` by these nodes, then convolves it. */
const seenIn = (nodes: Nodes, initializers: Constants = {}, shape = ['n', 3, 8, 8]) => {
  const bytes = model({
    inputs: { x: shape },
    nodes: [...nodes, node('Conv', ['y', 'w'], ['c'])],
    outputs: { c: ['n', 2, 6, 6] },
    initializers: { w: weights([2, 3, 3, 3]), ...initializers },
  });
  return inputNormalisation(parseModel(bytes), 'x', 3);
};

const MEAN = [0.485, 0.456, 0.406];
const STD = [0.229, 0.224, 0.225];
const by255 = (values: readonly number[]) => values.map((value) => 255 * value);
const shift = (op: string, by: ReturnType<typeof scalar>) => seenIn([node(op, ['x', 'b'], ['y'])], { b: by });

describe('the pixels that a graph takes are told from its numbers', () => {
  const chain = [node('Sub', ['x', 'm'], ['t']), node('Div', ['t', 's'], ['y'])];

  test.each([
    ['mean and deviation of 0..1', MEAN, STD, 1],
    ['of 0..255', by255(MEAN), by255(STD), 255],
    ['0..1 to -1..1', [0.5, 0.5, 0.5], [0.5, 0.5, 0.5], 1],
    ['0..255 to -1..1', [127.5, 127.5, 127.5], [127.5, 127.5, 127.5], 255],
  ] as const)('%s', (_, m, s, range) => {
    expect(seenIn(chain, { m: channel(m), s: channel(s) })).toEqual({
      range,
      channels: 'RGB',
      operators: ['Sub', 'Div'],
    });
  });

  test('one operation: 1/255 alone, a mean alone', () => {
    expect(shift('Mul', scalar(1 / 255))?.range).toBe(255);
    expect(shift('Div', scalar(255))?.range).toBe(255);
    expect(shift('Sub', scalar(0.45))?.range).toBe(1);
    expect(shift('Mul', scalar(255))?.range).toBe(1);
  });

  test('two steps count together: /255, then mean and deviation of 0..1', () => {
    const nodes = [
      node('Div', ['x', 'full'], ['u']),
      node('Sub', ['u', 'm'], ['t']),
      node('Div', ['t', 's'], ['y']),
    ];
    const constants = { full: scalar(255), m: channel(MEAN), s: channel(STD) };
    expect(seenIn(nodes, constants)).toMatchObject({ range: 255, operators: ['Div', 'Sub'] });
  });

  test('means of Caffe are blue first', () => {
    expect(shift('Sub', channel([103.939, 116.779, 123.68]))).toMatchObject({ range: 255, channels: 'BGR' });
    expect(shift('Sub', channel([123.68, 116.779, 103.939]))).toMatchObject({ range: 255, channels: 'RGB' });
  });

  test('channels that the graph itself turns round are named as the input has them', () => {
    const turned = (nodes: Nodes, constants: Constants) =>
      seenIn([...nodes, node('Sub', ['t', 'm'], ['y'])], {
        m: channel([103.939, 116.779, 123.68]),
        ...constants,
      });
    const red = { range: 255, channels: 'RGB' };
    const order = { order: integers(2, 1, 0) };
    expect(turned([node('Gather', ['x', 'order'], ['t'], { axis: 1 })], order)).toMatchObject(red);
    const split = [
      node('Split', ['x'], ['r', 'g', 'b'], { axis: 1 }),
      node('Concat', ['b', 'g', 'r'], ['t'], { axis: 1 }),
    ];
    expect(turned(split, {})).toMatchObject(red);
    const reversed = { a: integers(-1), z: integers(-4), one: integers(1), back: integers(-1) };
    expect(turned([node('Slice', ['x', 'a', 'z', 'one', 'back'], ['t'])], reversed)).toMatchObject(red);
  });

  test('channel by channel, as torchvision takes them apart', () => {
    const each = [0, 1, 2].flatMap((c) => [
      node('Gather', ['x', `at${c}`], [`g${c}`], { axis: 1 }),
      node('Unsqueeze', [`g${c}`, 'one'], [`u${c}`]),
      node('Sub', [`u${c}`, `m${c}`], [`t${c}`]),
      node('Div', [`t${c}`, `s${c}`], [`d${c}`]),
    ]);
    const constants = (m: readonly number[], s: readonly number[]): NonNullable<Constants> =>
      Object.fromEntries([
        ['one', integers(1)],
        ...[0, 1, 2].flatMap((c) => [
          [`at${c}`, { dims: [], values: BigInt64Array.of(BigInt(c)) }],
          [`m${c}`, scalar(m[c])],
          [`s${c}`, scalar(s[c])],
        ]),
      ]);
    const nodes = [...each, node('Concat', ['d0', 'd1', 'd2'], ['y'], { axis: 1 })];
    expect(seenIn(nodes, constants(MEAN, STD))).toMatchObject({ range: 1, operators: ['Sub', 'Div'] });
    // From the ImageNet convention to -1..1 (transform_input): the picture is normalised already.
    const again = [0, 1, 2].map((c) => [STD[c] / 0.5, (MEAN[c] - 0.5) / 0.5]);
    const back = constants(
      again.map(([factor, add]) => -add / factor),
      again.map(([factor]) => 1 / factor),
    );
    expect(seenIn(nodes, back)).toBeUndefined();
  });

  test('a cast, a transposition and a resize in between; a constant on the left', () => {
    const nodes = [
      node('Cast', ['x'], ['f'], { to: 1 }),
      node('Transpose', ['f'], ['l'], { perm: [0, 2, 3, 1] }),
      node('Mul', ['s', 'l'], ['t']),
      node('Add', ['t', 'm'], ['a']),
      node('Transpose', ['a'], ['y'], { perm: [0, 3, 1, 2] }),
    ];
    const last = (values: readonly number[]) => ({ dims: [3], values: Float32Array.from(values) });
    const constants = { s: last(STD.map((s) => 1 / s)), m: last(MEAN.map((m, c) => -m / STD[c])) };
    expect(seenIn(nodes, constants)).toMatchObject({ range: 1, operators: ['Mul', 'Add'] });
  });

  test('BatchNormalization: by the statistics that it counted', () => {
    const norm = (mean: number, variance: number) =>
      seenIn([node('BatchNormalization', ['x', 'g', 'b', 'm', 'v'], ['y'], { epsilon: float(1e-5) })], {
        g: { dims: [3], values: Float32Array.of(1.3, 0.7, 2) },
        b: { dims: [3], values: Float32Array.of(0.2, -1, 3) },
        m: { dims: [3], values: new Float32Array(3).fill(mean) },
        v: { dims: [3], values: new Float32Array(3).fill(variance) },
      })?.range;
    expect([norm(0.45, 0.06), norm(115, 4000)]).toEqual([1, 255]);
    // Normalised before, by ImageNet's numbers or by .5 and .5.
    expect([norm(0.03, 1.1), norm(-0.1, 0.28)]).toEqual([undefined, undefined]);
  });
});

describe('nothing is seen', () => {
  test('where there is nothing, or what cannot be followed', () => {
    expect(seenIn([node('Identity', ['x'], ['y'])])).toBeUndefined();
    expect(seenIn([node('Relu', ['x'], ['y'])])).toBeUndefined();
    expect(shift('Mul', scalar(2))).toBeUndefined();
    expect(seenIn([node('Div', ['b', 'x'], ['y'])], { b: scalar(255) })).toBeUndefined();
    // A constant that differs from place to place.
    expect(seenIn([node('Sub', ['x', 'b'], ['y'])], { b: weights([1, 3, 8, 8]) })).toBeUndefined();
  });

  test('where another branch takes the picture as it is', () => {
    const nodes = [
      node('Div', ['x', 'b'], ['t']),
      node('Conv', ['x', 'w1'], ['k']),
      node('Add', ['t', 'k'], ['y']),
    ];
    expect(seenIn(nodes, { b: scalar(255), w1: weights([3, 3, 1, 1]) })).toBeUndefined();
  });
});
