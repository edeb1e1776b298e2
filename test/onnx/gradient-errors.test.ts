import { describe, expect, test } from 'vitest';
import { differentiate, gradientObstacles } from '../../src/onnx/gradient.js';
import { integers, type ModelSpec, node } from './build.js';
import { read } from './gradients/perceptron.js';
import { errorOf } from './small.js';

describe('no gradient: the message says where it ends and what to do', () => {
  const failing = (nodes: ModelSpec['nodes'], wrt: readonly string[]) =>
    errorOf(() =>
      differentiate(
        read({ inputs: { x: ['n', 4] }, nodes, outputs: { y: ['n', 4] }, initializers: { c: integers(1) } }),
        { wrt, score: { tensor: 'y' } },
      ),
    );

  test('an operator without a rule', () => {
    const nodes = [node('Det', ['x'], ['d'], {}, '/head/det'), node('Relu', ['d'], ['y'])];
    expect(failing(nodes, ['x'])).toEqual([
      'gradients',
      'no gradient from "y" to "x": operator Det (node "/head/det") has no rule. Choose a later layer, or a method without gradients such as mi-cam.',
    ]);
  });

  test('where the number of axes is lost on the way, the node that loses it', () => {
    const split = node('SplitToSequence', ['x'], ['s'], { axis: 1 }, '/split');
    const at = node('SequenceAt', ['s', 'c'], ['p'], {}, '/at');
    const mean = node('ReduceMean', ['q'], ['y'], { axes: [1] });
    // Behind it nothing is known of axes either: the mean is not to blame.
    expect(failing([split, at, node('Relu', ['p'], ['q']), mean], ['x'])).toEqual([
      'gradients',
      'no gradient from "y" to "x": operator SplitToSequence (node "/split") has no rule. Choose a later layer, or a method without gradients such as mi-cam.',
    ]);
    const joined = node('ConcatFromSequence', ['s'], ['q'], { axis: 1 }, '/join');
    expect(failing([split, joined, mean], ['x'])[1]).toContain('SplitToSequence (node "/split") has no rule');
    const foreign = { ...node('Odd', ['x'], ['q'], {}, '/odd'), domain: 'other.domain' };
    expect(failing([foreign, mean], ['x'])[1]).toContain(
      'operator other.domain:Odd (node "/odd") has no rule',
    );
    // One that has a rule, but whose shape is not known before the run.
    const compressed = node('Reshape', ['x', 'unknown'], ['q'], {}, '/reshape');
    const lengths = node('Compress', ['shape', 'which'], ['unknown']);
    const shape = node('Shape', ['x'], ['shape']);
    const which = node('Cast', ['shape'], ['which'], { to: 9 });
    expect(failing([shape, which, lengths, compressed, mean], ['x'])[1]).toContain(
      'expected "q" with a known number of axes, got an unknown one: Reshape (node "/reshape") does not state it.',
    );
  });

  test('operators that pass none', () => {
    const nodes = [
      node('ArgMax', ['x'], ['i'], {}, '/max'),
      node('Cast', ['i'], ['f'], { to: 1 }),
      node('Floor', ['x'], ['r']),
      node('Add', ['f', 'r'], ['y']),
    ];
    expect(failing(nodes, ['x'])).toEqual([
      'gradients',
      'no gradient from "y" to "x": every way ends at an operator that passes none: Floor (node "r"), ArgMax (node "/max"). Choose a later layer, or a method without gradients such as mi-cam.',
    ]);
  });

  test('a tensor that the score does not depend on', () => {
    const nodes = [node('Relu', ['x'], ['y']), node('Neg', ['x'], ['aside'])];
    expect(failing(nodes, ['aside'])).toEqual([
      'gradients',
      'no gradient from "y" to "aside": the score does not depend on it. Choose a later layer, or a method without gradients such as mi-cam.',
    ]);
  });

  // One sweep for all: what is behind an obstacle is reached all the same.
  test('which of several layers a gradient reaches, and why not the others', () => {
    const nodes = [
      node('Relu', ['x'], ['a'], {}, '/a'),
      node('Det', ['a'], ['b'], {}, '/det'),
      node('Relu', ['b'], ['c']),
      node('Floor', ['x'], ['d'], {}, '/floor'),
      node('Mul', ['c', 'd'], ['e']),
      node('Relu', ['e'], ['y']),
      node('Neg', ['e'], ['aside']),
    ];
    const given = read({ inputs: { x: ['n', 4, 4] }, nodes, outputs: { y: ['n', 4] } });
    const tensors = ['a', 'b', 'd', 'e', 'aside'];
    const advice = 'Choose a later layer, or a method without gradients such as mi-cam.';
    expect([...gradientObstacles(given, tensors, { tensor: 'y' })]).toEqual([
      ['a', `no gradient from "y" to "a": operator Det (node "/det") has no rule. ${advice}`],
      ['b', undefined],
      ['d', undefined],
      ['e', undefined],
      ['aside', `no gradient from "y" to "aside": the score does not depend on it. ${advice}`],
    ]);
  });

  test('a tensor that is not there, and no tensor at all', () => {
    expect(failing([node('Relu', ['x'], ['y'])], ['z'])).toEqual([
      'layer',
      'layer "z": the model has no such tensor. Nearest tensors: "x", "c", "y".',
    ]);
    expect(failing([node('Relu', ['x'], ['y'])], [])).toEqual([
      'option',
      'gradient: expected at least one tensor to differentiate by, got none.',
    ]);
  });
});
