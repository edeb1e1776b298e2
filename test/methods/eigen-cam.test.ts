import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { eigenCam, eigenGradCam } from '../../src/methods/index.js';
import { readNpy } from '../../src/node/inputs/npy.js';
import { centre } from '../../src/reference/centre.js';
import { multiply } from '../../src/reference/multiply.js';
import { backends, open } from '../backends.js';
import { expectClose } from '../close.js';
import { families, familyPath, missing, referenceFolder } from '../data.js';
import { activationLike, random } from '../random.js';
import { svdComponent } from '../svd-component.js';
import { runOn, type Shape4 } from './run.js';

const reason = missing(join(referenceFolder, 'families'));

const shapes: readonly Shape4[] = [
  [2, 5, 3, 3], // batch of 2; more positions than channels: the channels' Gram matrix
  [1, 128, 7, 7], // more channels than positions: the positions' Gram matrix
  [2, 49, 7, 7], // as many
  [1, 24, 28, 28], // an early layer, its first two components 5 % apart
  [1, 300, 18, 18], // more positions and channels than one invocation's share
];

/** Centred with few values of its own, so that one component stands out, as in a real layer. */
function layerLike([n, k, h, w]: Shape4, seed: number): Float32Array {
  const [scene, share] = [random(n * h * w, seed), random(n * k, seed + 1)];
  const noise = activationLike(n * k * h * w, seed + 2, 0.5);
  return noise.map((value, i) => {
    const [nk, p] = [Math.floor(i / (h * w)), i % (h * w)];
    return Math.max(0, value + 0.7 * share[nk] * scene[Math.floor(nk / k) * h * w + p]);
  });
}

describe.each(backends)('against a full float64 SVD on %s', (name) => {
  test.for(shapes)(
    '[%i, %i, %i, %i] is within 1e-6 / gap of the largest (wasm: 1e-7 / gap)',
    async (shape, { skip }) => {
      const backend = await open(name, skip);
      const [n, k, h, w] = shape;
      const activations = activationLike(n * k * h * w, 1, 0.5);
      const { map } = await runOn(backend, eigenCam(), activations, activations, shape);
      const want = svdComponent(centre(activations, n * k), [n, k, h * w]);
      expectClose(map, want.map, [n, h, w], (name === 'wasm' ? 1e-7 : 1e-6) / want.gap);
    },
  );

  test.for(shapes)(
    '[%i, %i, %i, %i], one component apart: within 1e-5 of the largest (wasm: 1e-6)',
    async (shape, { skip }) => {
      const backend = await open(name, skip);
      const [n, k, h, w] = shape;
      const activations = layerLike(shape, 1);
      const gradients = random(activations.length, 4);
      const bound = name === 'wasm' ? 1e-6 : 1e-5;
      const eigen = await runOn(backend, eigenCam(), activations, gradients, shape);
      const want = svdComponent(centre(activations, n * k), [n, k, h * w]);
      expect(want.gap).toBeGreaterThan(0.1);
      expectClose(eigen.map, want.map, [n, h, w], bound);
    },
  );

  // As the networks gave them: gaps between the first two components from 0.09 to 0.75.
  test
    .skipIf(reason)
    .for(
      families.flatMap((family) =>
        [eigenCam(), eigenGradCam].map((method) => [family, method.name, method] as const),
      ),
    )(
    `%s, %s: each map within 1e-5 of its largest (wasm: 1e-6) ${reason ?? ''}`,
    async ([family, , method], { skip }) => {
      const backend = await open(name, skip);
      const { data: activations, shape } = await readNpy(familyPath(family, 'activation.npy'));
      const { data: gradients } = await readNpy(familyPath(family, 'gradient.npy'));
      const [n, k, h, w] = shape;
      const got = await runOn(backend, method, activations, gradients, [n, k, h, w]);
      const matrix = method.name === 'eigen-cam' ? activations : multiply(gradients, activations);
      const want = svdComponent(centre(matrix, n * k), [n, k, h * w]);
      for (let at = 0; at < n; at++) {
        const [first, end] = [at * h * w, (at + 1) * h * w];
        expectClose(
          got.map.subarray(first, end),
          want.map.subarray(first, end),
          [h, w],
          name === 'wasm' ? 1e-6 : 1e-5,
        );
      }
    },
  );
});

describe.each(backends)('sign and centre on %s', (name) => {
  // The first takes the positions' Gram matrix, the second the channels'.
  test.for([
    [1, 96, 6, 6],
    [1, 12, 6, 6],
  ] as const)('[%i, %i, %i, %i]: the order of channels does not matter', async (shape, { skip }) => {
    const backend = await open(name, skip);
    const [, k, h, w] = shape;
    const p = h * w;
    const x = layerLike(shape, 7);
    const moved = new Float32Array(k * p);
    for (let c = 0; c < k; c++) moved.set(x.subarray(c * p, (c + 1) * p), ((c * 5 + 3) % k) * p);
    const map = async (values: Float32Array) => (await runOn(backend, eigenCam(), values, values, shape)).map;
    expectClose(await map(moved), await map(x), [1, h, w], name === 'wasm' ? 1e-6 : 1e-5);
  });

  test('activations of the other sign give the map of the other sign', async ({ skip }) => {
    const backend = await open(name, skip);
    const shape = [1, 20, 6, 6] as const;
    const x = layerLike(shape, 8);
    const negative = x.map((value) => -value);
    const { map } = await runOn(backend, eigenCam(), x, x, shape);
    const turned = await runOn(backend, eigenCam(), negative, negative, shape);
    expectClose(
      turned.map,
      map.map((value) => -value),
      [1, 6, 6],
      1e-6,
    );
  });

  test('center: false takes the activations as they are: one sign after ReLU', async ({ skip }) => {
    const backend = await open(name, skip);
    const shape = [2, 64, 5, 6] as const;
    const x = activationLike(2 * 64 * 30, 9, 0.5);
    const { map } = await runOn(backend, eigenCam({ center: false }), x, x, shape);
    // Perron: the leading eigenvector of a Gram matrix without negative entries has one sign, and the rule
    // makes it +.
    expect(Math.min(...map)).toBeGreaterThan(0);
    expectClose(map, svdComponent(x, [2, 64, 30]).map, [2, 5, 6], name === 'wasm' ? 1e-6 : 1e-5);
  });

  test('a layer without variation gives 0 everywhere', async ({ skip }) => {
    const backend = await open(name, skip);
    const flat = Float32Array.from({ length: 8 * 36 }, (_, i) => Math.floor(i / 36));
    const { map } = await runOn(backend, eigenCam(), flat, flat, [1, 8, 6, 6]);
    expect([...map].map(Math.abs)).toEqual(Array(36).fill(0));
  });
});
