import { PassThrough } from 'node:stream';
import { CamError } from '../../src/errors.js';
import { CONVENTION } from '../../src/explain/settings.js';
import type { Explainer, ExplainerOptions, ExplainOptions } from '../../src/explainer.js';
import { defaultPreprocessing } from '../../src/image/index.js';
import type { Method } from '../../src/methods/method.js';
import { main } from '../../src/node/cli/program.js';
import type { Dependencies } from '../../src/node/terminal/dependencies.js';
import type { AnyTarget } from '../../src/targets/index.js';
import type { Explanation, InputTensor, Picture, SaliencyMap } from '../../src/types.js';

/** Network input of the fake. */
const SIZE = 8;

const labels = ['tench, Tinca tinca', 'goldfish', 'great white shark'];

function classOf(spec: AnyTarget): number {
  if (typeof spec === 'object') throw new Error('the command line has no weights of classes');
  if (spec === 'predicted') return 1;
  if (typeof spec === 'number') {
    if (spec < labels.length) return spec;
    throw new CamError('target', `target: expected a class from 0 to ${labels.length - 1}, got ${spec}.`);
  }
  const index = labels.findIndex((label) => label.split(',')[0] === spec);
  if (index < 0) throw new CamError('target', `target: no class is labelled "${spec}".`);
  return index;
}

/** A method's map: a ramp. Only the values of `grad` depend on the class. */
function mapOf(method: string, target: number, layers: readonly string[]): SaliencyMap {
  const raw = { data: Float32Array.of(target, 1, 2, 3), shape: [2, 2] } as const;
  const weights = method === 'flat' ? undefined : Float32Array.of(0.25, 0.5, target);
  const perLayer = layers.map((layer) => ({ layer, raw, ...(weights ? { weights } : {}) }));
  return {
    method,
    saliency: Float32Array.from({ length: SIZE * SIZE }, (_, p) =>
      method === 'flat' ? 0 : p / (SIZE * SIZE - 1),
    ),
    shape: [SIZE, SIZE],
    layers: perLayer,
    raw,
    weights,
    classAgnostic: method !== 'grad',
    ...(method === 'grad' && { gradients: 'backward graph' as const }),
    diagnostics: method === 'flat' ? ['the map is flat after ReLU; try layer "relu4".'] : [],
    milliseconds: 1.5,
    wholeMilliseconds: 12.4,
  };
}

export interface FakeOptions {
  /** What the model says of an image, before anything else; may throw. */
  readonly onImage?: (image: Picture | InputTensor) => void;
  /** Methods that its model cannot serve, and why. */
  readonly unserved?: Readonly<Record<string, string>>;
}

const nameOf = (method: string | { readonly name: string }): string =>
  typeof method === 'string' ? method : method.name;

/**
 * An explainer that computes nothing but obeys the interface: it refuses tensors with NaN, as a real one
 * does.
 */
export class FakeExplainer implements Explainer {
  readonly backend = 'wasm';
  readonly usualBatch = 8;
  readonly featureMaps = [];
  readonly device = 'fake';
  readonly runtime = 'fake runtime';
  readonly preprocessing;
  readonly preprocessingSource;
  readonly labels;
  readonly labelsSource;
  readonly input = { name: 'input', dtype: 'float32', shape: [undefined, 3, SIZE, SIZE] };
  readonly scores: Explainer['scores'] = {
    graphOutput: 'y',
    output: 'y',
    logits: 'y',
    activation: 'softmax',
    remarks: [],
  };
  readonly layers;
  readonly batches: number[] = [];
  readonly augmented: (boolean | undefined)[] = [];
  readonly skipped: Explainer['skipped'];
  disposed = false;

  constructor(
    readonly options: ExplainerOptions,
    private readonly fake: FakeOptions,
  ) {
    this.layers = (options.layers ?? ['relu']).map((name) => ({
      name,
      reason: `"${name}" is the last feature map that the classifier consumes.`,
    }));
    const { unserved = {} } = fake;
    this.skipped = Object.entries(unserved).map(([method, reason]) => ({ method, reason }));
    this.preprocessingSource = options.preprocessingSource ?? CONVENTION;
    this.labels = options.labels;
    this.labelsSource = options.labelsSource;
    this.preprocessing = options.preprocessing ?? defaultPreprocessing([SIZE, SIZE], 3);
  }

  readonly notices: readonly string[] = [];

  /** Names of what it was opened with. */
  get methods(): readonly string[] {
    return (this.options.methods ?? []).map(nameOf);
  }

  explain = (async (
    images: readonly (Picture | InputTensor)[],
    { targets, augment }: ExplainOptions = {},
  ) => {
    this.augmented.push(augment);
    this.batches.push(images.length);
    return images.flatMap((image, at): Explanation[] => {
      this.fake.onImage?.(image);
      if ('shape' in image && image.data.some(Number.isNaN)) {
        throw new CamError('input', 'tensor: 1 of 192 values are not finite, first at [0, 0, 0] (NaN).');
      }
      const specs = [targets?.[at] ?? 'predicted'].flat();
      return specs.map((spec) => {
        const index = classOf(spec);
        return {
          image: at,
          target: { index, label: this.options.labels?.[index], score: 0.75 },
          maps: Object.fromEntries(
            this.methods.flatMap((name) =>
              name in (this.fake.unserved ?? {})
                ? []
                : [
                    [
                      name,
                      mapOf(
                        name,
                        index,
                        this.layers.map((l) => l.name),
                      ),
                    ],
                  ],
            ),
          ),
          scores: Float32Array.of(0, 2, 1),
          probabilities: Float64Array.of(0.05, 0.75, 0.2),
          activation: 'softmax',
          backend: 'wasm',
          runtime: this.runtime,
        };
      });
    });
  }) as Explainer['explain'];

  stream: Explainer['stream'] = () => {
    throw new Error('the program explains batch by batch');
  };

  async dispose(): Promise<void> {
    this.disposed = true;
  }
}

const method = (name: string): Method => ({
  name,
  needs: [],
  classAgnostic: name !== 'grad',
  map: () => {
    throw new Error('the fake explainer runs no method');
  },
});

export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  readonly explainer?: FakeExplainer;
  /** What the methods were made with. */
  readonly methodOptions: unknown;
  readonly opened?: string;
}

/** Runs the program on arguments with a fake explainer. */
export async function runProgram(
  args: readonly string[],
  options: FakeOptions & Partial<Dependencies> = {},
): Promise<Outcome> {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const opened: { path?: string; explainer?: FakeExplainer; methodOptions?: unknown } = {};
  const made = (name: string) => (given?: unknown) => {
    opened.methodOptions = given;
    return method(name);
  };
  const code = await main(args, {
    stdout,
    stderr,
    version: '1.2.3',
    bundledModel: '/nowhere/models/birds.onnx',
    methods: { 'mi-cam': made('mi-cam'), grad: made('grad'), flat: made('flat') },
    openExplainer: async (path, given) => {
      opened.path = path;
      opened.explainer = new FakeExplainer(given, options);
      return opened.explainer;
    },
    openSubject: async (path) => {
      throw new CamError(
        'model',
        `${path}: the fake program evaluates nothing unless it is given a subject.`,
      );
    },
    inspectModel: async (path) => {
      throw new CamError('model', `${path}: expected an ONNX model, got a JPEG picture.`);
    },
    onInterrupt: () => () => undefined,
    ...options,
  });
  const text = (stream: PassThrough): string => String(stream.read() ?? '');
  return {
    code,
    out: text(stdout),
    err: text(stderr),
    explainer: opened.explainer,
    methodOptions: opened.methodOptions,
    opened: opened.path,
  };
}
