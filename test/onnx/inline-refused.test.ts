import { describe, expect, test } from 'vitest';
import { constantTensor, type Node, parseModel } from '../../src/onnx/index.js';
import { node } from './build.js';
import { call, type FunctionSpec, file, given } from './local.js';
import { errorOf } from './small.js';

describe('what cannot be inlined is refused', () => {
  const one = (nodes: readonly Node[], more: Partial<FunctionSpec> = {}): FunctionSpec => ({
    name: 'F',
    inputs: ['x'],
    outputs: ['y'],
    nodes,
    ...more,
  });
  const refusal = (functions: readonly FunctionSpec[]) =>
    errorOf(() => parseModel(file([call('F', ['x'], ['a'])], functions), 'm.onnx'));

  test('another opset than the model has', () => {
    expect(refusal([one([node('Relu', ['x'], ['y'])], { opset: 12 })])).toEqual([
      'model',
      'm.onnx: expected local functions in the model\'s opset 17, got "own:F" in 12. Export the model without local functions.',
    ]);
    // A version that no node is of is of no account; one that the model lacks is added.
    const other = { ...node('Gelu', ['x'], ['y']), domain: 'com.microsoft' };
    const read = parseModel(
      file([call('F', ['x'], ['a'])], [one([other], { opset: 12, domains: { 'com.microsoft': 1 } })]),
    );
    expect(read.opsets.get('com.microsoft')).toBe(1);
  });

  test('functions without end', () => {
    const [code, message] = refusal([one([call('F', ['x'], ['y'])])]);
    expect([code, message]).toEqual(['model', expect.stringContaining('never themselves, got "own:F"')]);
    const levels = Array.from({ length: 30 }, (_, i) => ({
      ...one([call(`F${i + 1}`, ['x'], ['t']), call(`F${i + 1}`, ['t'], ['y'])]),
      name: i === 0 ? 'F' : `F${i}`,
    }));
    expect(refusal(levels)[1]).toContain('stand for at most 65536 nodes in all');
  });

  test('a constant that each of many calls would repeat', () => {
    const value = constantTensor('k', [2 ** 16], new Float32Array(2 ** 16));
    const leaf = one([
      node('Constant', [], ['k'], { value: { type: 'tensor', value } }),
      node('Relu', ['x'], ['y']),
    ]);
    const levels = Array.from({ length: 14 }, (_, i) => ({
      ...one([call(`F${i + 1}`, ['x'], ['t']), call(`F${i + 1}`, ['t'], ['y'])]),
      name: i === 0 ? 'F' : `F${i}`,
    }));
    expect(refusal([...levels, { ...leaf, name: 'F14' }])[1]).toContain(
      'at most 256 MB more than the file has',
    );
  });

  test('an attribute that many calls pass on', () => {
    const text = { type: 'string', value: 'x'.repeat(2 ** 16) } as const;
    const passing = { text: given('text', 'text', 3) };
    const levels = Array.from({ length: 14 }, (_, i) => ({
      ...one([call(`F${i + 1}`, ['x'], ['t'], passing), call(`F${i + 1}`, ['t'], ['y'], passing)]),
      name: i === 0 ? 'F' : `F${i}`,
    }));
    const leaf = { ...one([node('Odd', ['x'], ['y'], { text: given('text', 'text', 3) })]), name: 'F14' };
    const bytes = file([call('F', ['x'], ['a'], { text })], [...levels, leaf]);
    expect(errorOf(() => parseModel(bytes, 'm.onnx'))[1]).toContain('at most 256 MB more than the file has');
  });
});
