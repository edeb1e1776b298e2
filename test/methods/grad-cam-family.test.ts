import { describe, expect, test } from 'vitest';
import { addedMethodNames } from '../../src/generated/added-method-names.js';
import {
  eigenCam,
  eigenGradCam,
  gradCam,
  gradCamElementwise,
  gradCamPlusPlus,
  hiresCam,
  layerCam,
  methods,
  xgradCam,
} from '../../src/methods/index.js';
import { backends, open } from '../backends.js';
import { expectClose } from '../close.js';
import { activationLike, random } from '../random.js';
import { family } from './family-formulas.js';
import { runOn, type Shape4 } from './run.js';

const plain = [gradCam, xgradCam, hiresCam, layerCam, gradCamElementwise];
const all = [...plain, gradCamPlusPlus, eigenCam(), eigenGradCam];

// A public network of four layers, worked out by hand: relu(conv) of a 4×4 ramp, then one linear layer.
const tiny = {
  shape: [1, 2, 2, 2],
  activations: Float32Array.of(0, 4, 31, 40, 0, 0, 6, 15),
  gradients: Float32Array.of(1, 1, 1, 1, 1, -1, -1, -1),
} as const;

describe.each(backends)('known values on %s', (name) => {
  test.for([
    ['grad-cam', gradCam, [0, 4, 28, 32.5], [1, -0.5]],
    ['grad-cam++', gradCamPlusPlus, [0, 16 / 77, 124 / 77 + 6 / 23, 160 / 77 + 15 / 23], [4 / 77, 1 / 23]],
    ['xgrad-cam', xgradCam, [0, 4, 25, 25], [1, -1]],
    ['hires-cam', hiresCam, [0, 4, 25, 25], undefined],
    ['layer-cam', layerCam, [0, 4, 31, 40], undefined],
    ['eigen-cam', eigenCam(), [-19.4419, -15.6549, 11.83915, 23.25765], undefined],
  ] as const)('%s', async ([label, method, map, weights], { skip }) => {
    const backend = await open(name, skip);
    const got = await runOn(backend, method, tiny.activations, tiny.gradients, tiny.shape);
    // Eigen-CAM's come from a full SVD, to six digits.
    expectClose(got.map, map, [1, 2, 2], label === 'eigen-cam' ? 1e-6 : 1e-7);
    if (weights) expectClose(got.weights!, weights, [1, 2], 1e-7);
    else expect(got.weights).toBeUndefined();
  });
});

const shapes: readonly Shape4[] = [
  [1, 1, 1, 1], // smallest; centred it is 0
  [2, 5, 3, 3], // batch of 2; more positions than channels: the channels' Gram matrix
  [1, 128, 7, 7], // more channels than positions: the positions' Gram matrix
  [2, 49, 7, 7], // as many
  [1, 24, 28, 28], // an early layer, its channels so alike that the first two components lie 5 % apart
];

describe.each(backends)('against the float64 formulas on %s', (name) => {
  test.for(shapes.flatMap((shape) => all.map((method) => [method.name, shape, method] as const)))(
    '%s %j is within 1e-5 of the largest',
    async ([label, shape, method], { skip }) => {
      const backend = await open(name, skip);
      const count = shape.reduce<number>((a, b) => a * b, 1);
      const activations = activationLike(count, 1, 0.5);
      const gradients = random(count, 2).map((value) => value * 0.01);
      const { map } = await runOn(backend, method, activations, gradients, shape);
      const [n, , h, w] = shape;
      expectClose(map, family[label](activations, gradients, shape), [n, h, w], 1e-5);
    },
  );

  test.for(all.map((method) => [method.name, method] as const))(
    '%s: gradients of 1e-20 give the map of ordinary ones, 1e-20 times as large',
    async ([method, one], { skip }) => {
      // Their squares and cubes are beyond float32. (Grad-CAM++ is not linear in the gradients: there α
      // becomes 1/2.)
      const backend = await open(name, skip);
      const shape = [1, 32, 5, 5] as const;
      const activations = activationLike(800, 3, 0.5);
      const gradients = random(800, 4).map((value) => value * 1e-20);
      const { map } = await runOn(backend, one, activations, gradients, shape);
      expect(Math.max(...map.map(Math.abs))).toBeGreaterThan(1e-22);
      const want = Array.from(family[method](activations, gradients, shape));
      expectClose(map, want, [1, 5, 5], 1e-5);
    },
  );

  test.for(
    all.filter(({ name: method }) => method !== 'eigen-cam').map((method) => [method.name, method] as const),
  )('%s: gradients of 0 give a map of 0', async ([, method], { skip }) => {
    const backend = await open(name, skip);
    const { map } = await runOn(
      backend,
      method,
      activationLike(245, 5, 0.5),
      new Float32Array(245),
      [1, 5, 7, 7],
    );
    expect([...map].every((value) => value === 0)).toBe(true);
  });
});

test('names, and what depends on the class', () => {
  const made = Object.entries(methods).map(([name, make]) => [name, make()] as const);
  for (const [name, method] of made) expect(method.name).toBe(name);
  const listed = made.filter(([name]) => !(addedMethodNames as readonly string[]).includes(name));
  expect(listed.filter(([, { classAgnostic }]) => classAgnostic).map(([name]) => name)).toEqual([
    'mi-cam',
    'eigen-cam',
    'calm-saliency',
    'mean-activation',
    'random-cam',
  ]);
  expect(Object.keys(methods)).toEqual(expect.arrayContaining(all.map(({ name }) => name)));
});
