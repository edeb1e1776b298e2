// How much time fewer samples of maps and picture (`resolution`) save, and how they change weights and map:
// MI-CAM on MobileNetV2 over photographs. Answers are compared with those at the full 224 × 224; CPU time is
// that of the kernel alone, in turn.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openWasm } from '../src/backends/wasm.js';
import { preprocess } from '../src/image/index.js';
import { createExplainer, miCam } from '../src/index.js';
import { opsOn } from '../src/kernels/ops.js';
import { decodeFile, loadModel } from '../src/node/index.js';
import { dataFolder, missing } from '../test/data.js';
import { grayImages } from '../test/layers.js';
import { activationLike } from '../test/random.js';
import { inTurn } from './in-turn.js';
import { preprocessing } from './mobilenet.js';
import { publishTable } from './publish.js';

const path = join(dataFolder, 'models/mobilenet_v2_1.0_224.onnx');
const photographs = join(dataFolder, 'boxes/ilsvrc_val300/images');
const COUNT = 24;
const resolutions = [112, 56] as const;

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

function correlation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const [x, y] = [Array.from(a), Array.from(b)];
  const [mx, my] = [mean(x), mean(y)];
  let [xy, xx, yy] = [0, 0, 0];
  x.forEach((value, i) => {
    xy += (value - mx) * (y[i] - my);
    xx += (value - mx) ** 2;
    yy += (y[i] - my) ** 2;
  });
  return xy / Math.sqrt(xx * yy);
}

/** Ranks; equal values share their mean rank. */
function ranks(values: Float32Array): Float64Array {
  const order = Array.from(values.keys()).sort((i, j) => values[i] - values[j]);
  const out = new Float64Array(values.length);
  for (let from = 0, to = 0; from < order.length; from = to) {
    while (to < order.length && values[order[to]] === values[order[from]]) to++;
    for (let i = from; i < to; i++) out[order[i]] = (from + to - 1) / 2;
  }
  return out;
}

test.skipIf(missing(path) ?? missing(photographs))('resolution on MobileNetV2', async () => {
  const model = await loadModel(path, () => []);
  const open = (resolution?: number) =>
    createExplainer(model, {
      runtime: 'node',
      threads: 1,
      backend: 'wasm',
      methods: [miCam({ resolution })],
      preprocessing,
    });
  const full = await open();
  const explainers = await Promise.all(resolutions.map((resolution) => open(resolution)));
  const found = resolutions.map(() => ({ rank: [] as number[], map: [] as number[], most: [] as number[] }));
  const files = readdirSync(photographs).sort();
  for (let i = 0; i < COUNT; i++) {
    const file = join(photographs, files[Math.floor((i * files.length) / COUNT)]);
    const image = { data: preprocess(await decodeFile(file), preprocessing).tensor, shape: [3, 224, 224] };
    const [{ maps: want }] = await full.explain([image]);
    const weights = want['mi-cam'].weights;
    for (const [r, explainer] of explainers.entries()) {
      const [{ maps: got }] = await explainer.explain([image]);
      const other = got['mi-cam'].weights;
      if (!weights || !other) throw new Error('expected weights');
      found[r].rank.push(correlation(ranks(weights), ranks(other)));
      found[r].map.push(correlation(want['mi-cam'].saliency, got['mi-cam'].saliency));
      const difference = want['mi-cam'].saliency.map((value, p) => value - got['mi-cam'].saliency[p]);
      found[r].most.push(difference.reduce((most, value) => Math.max(most, Math.abs(value)), 0));
    }
  }

  const backend = await openWasm();
  const ops = opsOn(backend);
  const layer = backend.upload(activationLike(1280 * 49, 1, 0.85), [1, 1280, 7, 7] as const, 'float32');
  const kernel = (size: number) => {
    const gray = backend.upload(grayImages(1, size, size), [1, size, size] as const, 'uint32');
    return async () => backend.release(ops.mutualInformation(layer, gray));
  };
  const times = await inTurn({ 224: kernel(224), 112: kernel(112), 56: kernel(56) }, 15);
  const rows = [['224', `${times[224].toFixed(1)} ms`, '', '', '']];
  for (const [r, size] of resolutions.entries()) {
    const { rank, map, most } = found[r];
    expect(rank.length).toBe(COUNT);
    const least = (values: readonly number[]) => `(${Math.min(...values).toFixed(3)})`;
    rows.push([
      String(size),
      `${times[size].toFixed(1)} ms, ${(times[224] / times[size]).toFixed(1)} ×`,
      `${mean(rank).toFixed(3)} ${least(rank)}`,
      `${mean(map).toFixed(4)} ${least(map)}`,
      `${mean(most).toFixed(3)} (${Math.max(...most).toFixed(3)})`,
    ]);
  }
  const head = [
    'resolution',
    'kernel',
    'rank correlation of weights, mean (least)',
    'correlation of maps, mean (least)',
    'largest difference of a map, mean (most)',
  ];
  publishTable('resolution', head, rows);
  backend.dispose();
  for (const explainer of [full, ...explainers]) await explainer.dispose();
});
