import { CamError } from '../errors.js';
import type { AnyMethod } from '../methods/method.js';
import { described } from '../names.js';
import { formatShape } from '../onnx/ends.js';
import type { SeparateGradient } from '../onnx/gradient.js';
import { resolveLayer, targetLayer } from '../onnx/layers.js';
import type { Model } from '../onnx/model.js';
import type { Session } from '../runtime/index.js';
import type { LazyTail } from './batch.js';
import { findCalm } from './calm.js';
import type { Explainer, ExplainerOptions, ModelFile } from './options.js';
import type { Plan } from './plan.js';
import type { InputSize } from './prepare.js';
import type { Opener } from './sessions.js';

/** @throws {CamError} `model` for a URL that cannot be fetched, and for what is no model. */
export async function modelFile(
  source: ModelFile | Uint8Array | ArrayBuffer | string | URL,
): Promise<ModelFile> {
  if (source instanceof Uint8Array) return { bytes: source };
  if (source instanceof ArrayBuffer) return { bytes: new Uint8Array(source) };
  if (typeof source !== 'string' && !(source instanceof URL)) {
    if (source?.bytes instanceof Uint8Array) return source;
    throw new CamError(
      'model',
      `model: expected bytes, { bytes: Uint8Array } or a URL (in Node a path), got ${described(source)}.`,
    );
  }
  const response = await fetch(source).catch((cause: unknown) => {
    throw new CamError('model', `model: ${source} cannot be fetched (${String(cause)}).`, { cause });
  });
  if (!response.ok)
    throw new CamError('model', `model: ${source} cannot be fetched (status ${response.status}).`);
  return { bytes: new Uint8Array(await response.arrayBuffer()), name: String(source) };
}

/** Whether a method speaks of CALM's outputs. */
export const isCalm = ({ needs }: AnyMethod): boolean =>
  (needs as readonly string[]).includes('positionScores');

/**
 * The target layers: as asked; for CALM methods alone the model's own output; else what `targetLayer`
 * chooses.
 */
export function chooseLayers(
  model: Model,
  methods: readonly AnyMethod[],
  { layers = [], calm }: ExplainerOptions,
): Explainer['layers'] {
  if (layers.length > 0)
    return layers.map((name) => ({ name: resolveLayer(model, name).name, reason: 'as asked' }));
  if (!methods.every(isCalm)) return [targetLayer(model)];
  const { scores } = findCalm(model, calm);
  return [{ name: scores, reason: `"${scores}" holds the scores of the classes at each position.` }];
}

/** The forward tensors that a backward model takes as float32: the others come to the host in any case. */
export const floatTaps = (backward: SeparateGradient | undefined): readonly string[] =>
  backward?.taps.filter((tap) =>
    backward.inputs.some(({ name, dtype }) => name === tap && dtype === 'float32'),
  ) ?? [];

/** The part behind the layer as a session that is opened once, when it is first needed. */
export function lazyTail({ tails }: Plan, layer: string, opener: Opener): LazyTail | undefined {
  const model = tails.get(layer);
  let session: Promise<Session> | undefined;
  const open = (cut: NonNullable<typeof model>) => {
    session ??= opener(cut, []);
    return session;
  };
  return model && { model, open: () => open(model) };
}

/** What the model takes. @throws {CamError} `model` for an input that is no image. */
export function inputSize({ name, shape }: Explainer['input']): InputSize {
  const known = (axis: number): number | undefined => {
    const length = shape?.[axis];
    return typeof length === 'number' ? length : undefined;
  };
  if (shape && shape.length !== 4) {
    throw new CamError(
      'model',
      `input "${name}": expected images [n, channels, H, W], got ${formatShape(shape)}.`,
    );
  }
  return { channels: known(1) ?? 3, height: known(2), width: known(3) };
}
