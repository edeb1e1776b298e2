/** The deletion or insertion curve of a picture, coarse at first, then all of it. */
import type { Explainer, InputTensor } from '../../src/index.js';
import {
  deletion,
  insertion,
  type Probe,
  passBatches,
  type Score,
  stepCounts,
} from '../../src/metrics/index.js';
import type { Covering } from './covering.js';
import { orderOf, STEPS } from './order.js';
import type { CurvePoints, CurveRequest } from './protocol.js';

/** Every so many points come first. */
const STRIDES = [20, 5, 1];
/** Milliseconds that one batch may take: a brush stroke waits for no more. */
const PATIENCE = 20;
const MOST = 16;

export interface CurveOptions {
  readonly signal?: AbortSignal;
  readonly progress?: (points: CurvePoints) => void;
}

export async function curveOf(
  explainer: Explainer,
  covering: Covering,
  { saliency, direction, fill, classes }: CurveRequest,
  { signal, progress }: CurveOptions = {},
): Promise<CurvePoints> {
  const { tensor } = covering;
  const [, height, width] = tensor.shape;
  const order = orderOf(saliency, [height, width]);
  const metric = direction === 'deletion' ? deletion : insertion;
  const probe = metric(tensor, order, { steps: STEPS, baseline: covering.baseline(fill) });
  const keys = Array.from(probe.passes(), ({ key }) => key);
  const fractions = stepCounts(height * width, STEPS).map((count) => count / order.pixels.length);
  const found = new Map<string, Float64Array>();
  const points = (): CurvePoints => ({
    fractions,
    scores: classes.map((c) => keys.map((key) => found.get(key)?.[c])),
  });
  let each = PATIENCE; // milliseconds for one pass
  for (const stride of STRIDES) {
    const batch = Math.min(MOST, Math.max(1, Math.floor(PATIENCE / each)));
    const known = { has: (key: string) => found.has(key) };
    for (const { keys: some, data } of passBatches([every(probe, stride)], { batch, known })) {
      const start = performance.now();
      const images = some.map((_, i): InputTensor => {
        const length = tensor.data.length;
        return { data: data.subarray(i * length, (i + 1) * length), shape: tensor.shape };
      });
      const explained = await explainer.explain(images, { methods: [], batch, signal });
      for (const [i, key] of some.entries()) found.set(key, explained[i].probabilities);
      each = (performance.now() - start) / some.length;
      progress?.(points());
    }
  }
  return { ...points(), areas: classes.map((c) => probe.result(scoresOf(found, c)).auc) };
}

function scoresOf(found: ReadonlyMap<string, Float64Array>, c: number): ReadonlyMap<string, Score> {
  return new Map(
    Array.from(found, ([key, row]) => [key, { score: row[c], predicted: row.indexOf(Math.max(...row)) }]),
  );
}

/** Every so many passes of a probe. */
function every(probe: Pick<Probe<unknown>, 'passes'>, stride: number): Pick<Probe<unknown>, 'passes'> {
  return {
    *passes() {
      let at = 0;
      for (const pass of probe.passes()) if (at++ % stride === 0) yield pass;
    },
  };
}
