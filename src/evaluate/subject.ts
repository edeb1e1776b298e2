import type { Backend, Tensor } from '../backends/backend.js';
import { openBackend } from '../backends/select.js';
import { chooseMethods } from '../explain/choose-methods.js';
import { readNetwork } from '../explain/read-network.js';
import { sessionOpener, sharing } from '../explain/sessions.js';
import { type Explainer, type ExplainerOptions, type ModelFile, openExplainer } from '../explainer.js';
import { random, seedFor } from '../metrics/random.js';
import { redrawLayers, shareWeights, weightLayers } from '../onnx/index.js';
import type { AnyFeed, Session } from '../runtime/index.js';
import { ScoreReader } from '../targets/index.js';

/** A model under evaluation: it explains, it scores, and its layers can be randomised. */
export interface Subject {
  readonly explainer: Explainer;
  /** The runtime that computes the scores. */
  readonly runtime: string;
  /**
   * Probabilities of all classes, one row per image. images `[n, C, H, W]`; the buffer may be reused once the
   * promise resolves.
   * @param signal  Checked before the pass; its reason is thrown.
   */
  scores(
    data: Float32Array,
    shape: readonly number[],
    signal?: AbortSignal,
  ): Promise<readonly Float64Array[]>;
  /** The backend whose kernels make perturbed images. */
  readonly backend: Backend;
  /**
   * The same for images `[n, C, H, W]` on the backend; missing where the model does not run on the backend's
   * device.
   */
  readonly scoresOnDevice?: (
    images: Tensor<4, 'float32'>,
    signal?: AbortSignal,
  ) => Promise<readonly Float64Array[]>;
  /** Names of the layers that hold weights, in graph order. */
  readonly layers: readonly string[];
  /**
   * An explainer of the model with random weights in some of its layers. A layer's weights depend only on the
   * seed and the layer.
   * @param layers  Positions in `layers`.
   * @throws {CamError} `option` where there is none.
   */
  redrawn(layers: readonly number[], seed: number): Promise<Explainer>;
  dispose(): Promise<void>;
}

/**
 * Opens a model for explanations, and a second time only for scores: perturbed images need no activations.
 * @throws {CamError} as `createExplainer`.
 */
export async function openSubject(file: ModelFile, given: ExplainerOptions): Promise<Subject> {
  const methods = chooseMethods(given.methods ?? []);
  const options = { ...given, methods };
  const network = readNetwork(file, methods, options);
  const { model } = network;
  const explainer = await openExplainer(file, options);
  const opened: Session[] = [];
  try {
    const backend = await openBackend(options.backend);
    try {
      const tail = network.tail(explainer.layers[explainer.layers.length - 1].name);
      const reader = new ScoreReader(tail, 'logit');
      const shared = shareWeights(model, [tail.output]);
      const session = await sessionOpener(file, network.picture, backend, options, opened)(shared, []);
      const weighted = weightLayers(model);
      const { name: input } = explainer.input;
      const scores = async (feed: AnyFeed, signal?: AbortSignal): Promise<readonly Float64Array[]> => {
        const outputs = await session.run({ [input]: feed }, { outputs: [tail.output], signal });
        const rows = reader.rows(outputs, feed.shape[0]);
        return rows.map((row) => reader.probabilities(row));
      };
      const takesFloats = session.inputs.some(({ name, dtype }) => name === input && dtype === 'float32');
      const gpu = takesFloats && reader.most > 1 ? sharing(backend, session) : undefined;
      return {
        explainer,
        runtime: session.runtime,
        backend,
        async scores(data, [n, ...shape], signal) {
          const size = Math.min(n, reader.most);
          const length = data.length / n;
          const rows: Float64Array[] = [];
          for (let at = 0; at < n; at += size) {
            const part = data.subarray(at * length, (at + size) * length);
            rows.push(...(await scores({ data: part, shape: [size, ...shape] }, signal)));
          }
          return rows;
        },
        ...(gpu && {
          scoresOnDevice: (images, signal) =>
            scores({ buffer: gpu.bufferOf(images), shape: images.shape }, signal),
        }),
        layers: weighted.map(({ name }) => name),
        async redrawn(layers, seed) {
          const seeds = new Map(layers.map((at) => [weighted[at], seedFor(seed, at)]));
          const shared = redrawLayers(
            model,
            [...seeds.keys()],
            (layer) => random(seeds.get(layer) ?? 0).normal,
          );
          const files = [...shared.externalData, ...(file.externalData ?? [])];
          const { bytes } = shared;
          const redrawn = { bytes, name: file.name, externalData: files };
          return openExplainer(redrawn, { ...options, output: options.output && tail.output });
        },
        async dispose() {
          await session.dispose();
          backend.dispose();
          await explainer.dispose();
        },
      };
    } catch (error) {
      for (const session of opened) await session.dispose();
      backend.dispose();
      throw error;
    }
  } catch (error) {
    await explainer.dispose();
    throw error;
  }
}
