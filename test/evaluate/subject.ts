import { openWasm } from '../../src/backends/wasm.js';
import { CamError } from '../../src/errors.js';
import type { Sample, Subject, Truth } from '../../src/evaluate/index.js';
import type { MethodProgress } from '../../src/explain/options.js';
import type { Explainer, ExplainOptions } from '../../src/explainer.js';
import { defaultPreprocessing } from '../../src/image/index.js';
import type { Explanation, InputTensor, Picture, SaliencyMap } from '../../src/types.js';

/** Side of the fake's input. */
export const SIDE = 8;
export const CLASSES = 3;

/** A picture of one grey; its level is also the fake subject's score. */
export const grey = (level: number, side = SIDE): Picture => ({
  data: new Uint8ClampedArray(side * side * 4).map((_, i) => (i % 4 === 3 ? 255 : level)),
  width: side,
  height: side,
});

export const sample = (name: string, truth: Truth = {}, level = 200): Sample => ({
  name,
  load: async () => ({ picture: grey(level), truth, problems: [] }),
});

/**
 * `corner`: a map that is 1 in one quadrant, which depends on the class (upper left for class 1). `flat`: 0
 * everywhere.
 */
function mapOf(method: string, target: number, turn: number): SaliencyMap {
  const corner = (target + turn + 3) % 4;
  const data = Float32Array.from({ length: 4 }, (_, p) =>
    method !== 'flat' && p === corner ? 1 + target : 0,
  );
  const half = SIDE / 2;
  const saliency = Float32Array.from({ length: SIDE * SIDE }, (_, p) => {
    const [x, y] = [p % SIDE, Math.floor(p / SIDE)];
    return method !== 'flat' && 2 * Math.floor(y / half) + Math.floor(x / half) === corner ? 1 : 0;
  });
  const layer = {
    layer: 'relu',
    raw: { data, shape: [2, 2] as const },
    weights: Float32Array.of(1, target, 3),
  };
  return {
    method,
    saliency,
    shape: [SIDE, SIDE],
    layers: [layer],
    raw: layer.raw,
    weights: layer.weights,
    classAgnostic: method === 'flat',
    diagnostics: method === 'flat' ? ['the map is flat.'] : [],
    milliseconds: 1,
    wholeMilliseconds: 1,
  };
}

export interface FakeSubjectOptions {
  readonly methods?: readonly string[];
  /** May throw, for an image that cannot be explained. */
  readonly onImage?: (image: Picture | InputTensor) => void;
  readonly layers?: readonly string[];
  /** A method of many passes: the progress that it reports at each image. */
  readonly slow?: Omit<MethodProgress, 'image'>;
  /** How much a pixel (`y · width + x`) counts. Default: 1. */
  readonly weigh?: (pixel: number) => number;
}

const backend = await openWasm();

/**
 * A model that sums its input. The probability of class 1 rises with the share of bright pixels that are
 * left; that of class 2 falls.
 */
export class FakeSubject implements Subject {
  readonly runtime = 'fake runtime';
  readonly backend = backend;
  readonly layers: readonly string[];
  readonly batches: number[] = [];
  readonly explained: number[] = [];
  readonly redrawnLayers: (readonly number[])[] = [];
  disposed = 0;

  constructor(private readonly options: FakeSubjectOptions = {}) {
    this.layers = options.layers ?? ['conv1', 'conv2', 'fc'];
  }

  readonly scores: Subject['scores'] = async (data, shape) => {
    this.batches.push(shape[0]);
    const length = data.length / shape[0];
    return Array.from({ length: shape[0] }, (_, n) => {
      const image = data.subarray(n * length, (n + 1) * length);
      const weigh = (i: number) => this.options.weigh?.(i % (SIDE * SIDE)) ?? 1;
      const all = image.reduce((sum, _, i) => sum + weigh(i), 0);
      const bright = image.reduce((sum, value, i) => sum + (value > 0.1 ? weigh(i) : 0), 0) / all;
      return Float64Array.of(0.1 * (1 - bright), bright * 0.9 + 0.1, 0.9 * (1 - bright));
    });
  };

  /** @param turn  By how many quadrants its maps are shifted. */
  private readonly explainerOf = (turn: number): Explainer => ({
    layers: [{ name: 'relu', reason: '"relu" is the last feature map that the classifier consumes.' }],
    usualBatch: 8,
    featureMaps: [],
    scores: { graphOutput: 'y', output: 'y', logits: 'y', activation: 'softmax', remarks: [] },
    backend: 'wasm',
    device: 'fake',
    runtime: this.runtime,
    preprocessing: { ...defaultPreprocessing([SIDE, SIDE], 3), resize: 'exact' },
    preprocessingSource: 'the option preprocessing',
    input: { name: 'input', dtype: 'float32', shape: [undefined, 3, SIDE, SIDE] },
    notices: [],
    explain: (async (
      images: readonly (Picture | InputTensor)[],
      { targets, onError, onProgress }: ExplainOptions = {},
    ) => {
      this.explained.push(images.length);
      return images.flatMap((image, at): Explanation[] => {
        try {
          this.options.onImage?.(image);
          if (this.options.slow) onProgress?.({ image: at, ...this.options.slow });
        } catch (error) {
          if (!(error instanceof CamError) || !onError) throw error;
          onError(error, at);
          return [];
        }
        return [targets?.[at] ?? 0].flat().map((target) => ({
          image: at,
          target: { index: Number(target), score: 0.5 },
          maps: Object.fromEntries(
            (this.options.methods ?? ['corner', 'flat']).map((m) => [m, mapOf(m, Number(target), turn)]),
          ),
          scores: Float32Array.of(0, 1, 0),
          probabilities: Float64Array.of(0.25, 0.5, 0.25),
          activation: 'softmax',
          backend: 'wasm',
          runtime: this.runtime,
        }));
      });
    }) as Explainer['explain'],
    stream: () => {
      throw new Error('not used');
    },
    dispose: async () => {
      this.disposed++;
    },
  });

  readonly explainer = this.explainerOf(0);

  readonly redrawn: Subject['redrawn'] = async (layers) => {
    this.redrawnLayers.push(layers);
    return this.explainerOf(layers.length);
  };

  async dispose(): Promise<void> {
    await this.explainer.dispose();
  }
}
