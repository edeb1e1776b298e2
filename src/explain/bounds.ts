import { CamError } from '../errors.js';
import { largestTensor } from '../onnx/cut.js';
import { externalLocations } from '../onnx/external.js';
import { formatShape } from '../onnx/format-shape.js';
import { MAX_PICTURE, MAX_TENSOR } from '../onnx/limits.js';
import type { Dim, Model } from '../onnx/model.js';
import { analyse } from '../onnx/network.js';
import { inferShapes } from '../onnx/shapes.js';

/**
 * Refuses a model that would need all memory, before a runtime allocates it: the system may kill a process
 * that allocates too much.
 *
 * @param size  `[H, W]` that pictures get where the model leaves them free.
 * @throws {CamError} `model` for an input or an intermediate tensor that is larger than pictures need.
 */
export function expectModest(model: Model, size: readonly [number, number]): void {
  const [input] = model.graph.inputs;
  if (input?.shape?.length !== 4) return;
  const { name, shape } = input;
  const values = shape.slice(1).reduce<number>((n, dim) => n * (typeof dim === 'number' ? dim : 1), 1);
  if (values > MAX_PICTURE)
    throw new CamError(
      'model',
      `${model.name}: expected a picture of at most ${MAX_PICTURE} values as input, got "${name}" ${formatShape(shape)}. Export the model for smaller pictures.`,
    );
  const { channelsLast } = analyse(model).picture;
  const [height, width] = [
    numberOr(shape[channelsLast ? 1 : 2], size[0]),
    numberOr(shape[channelsLast ? 2 : 3], size[1]),
  ];
  const fed: Dim[] = channelsLast ? [1, height, width, shape[3]] : [1, shape[1], height, width];
  const bytes = largestTensor(model.graph.nodes, inferShapes(withInput(model, fed)));
  if (bytes > MAX_TENSOR)
    throw new CamError(
      'model',
      `${model.name}: expected tensors of at most ${MAX_TENSOR / 2 ** 30} GiB for a picture, got one of ${(bytes / 2 ** 30).toPrecision(3)} GiB. Use smaller pictures, or look whether the file is damaged.`,
    );
}

/**
 * Refuses a model whose external files are missing: onnxruntime-node would look for them in the working
 * directory.
 * @throws {CamError} `model`
 */
export function expectGiven(model: Model, files: ReadonlySet<string>): void {
  for (const location of externalLocations(model))
    if (!files.has(location))
      throw new CamError(
        'model',
        `${model.name}: expected the file "${location}" (it holds weights of this model), got none. Keep it beside the model, or pass its bytes as external data.`,
      );
}

const numberOr = (dim: Dim, otherwise: number): number => (typeof dim === 'number' ? dim : otherwise);

/** The model with that shape of its first input; the same model where it has it. */
function withInput(model: Model, shape: readonly Dim[]): Model {
  const { graph } = model;
  const [input, ...others] = graph.inputs;
  if (input.shape?.every((dim, axis) => axis === 0 || dim === shape[axis])) return model;
  const fed = { ...input, shape };
  const valueInfo = new Map(graph.valueInfo).set(fed.name, fed);
  return { ...model, graph: { ...graph, inputs: [fed, ...others], valueInfo } };
}
