import type { InferenceSession } from 'onnxruntime-common';
import { CamError } from '../errors.js';
import type { Feeds, HostTensor } from './chunks.js';
import { isInputType, toInputType } from './convert.js';
import type { Feed, InputInfo } from './types.js';

/** A free dimension without a name: an empty string from onnxruntime-node, -1 as an unsigned integer from onnxruntime-web. */
const UNNAMED = 2 ** 32 - 1;

/**
 * What a model declares of its inputs.
 * @throws {CamError} `model` for inputs that are no tensors of numbers.
 */
export function readInputs(metadata: readonly InferenceSession.ValueMetadata[]): InputInfo[] {
  return metadata.map((input) => {
    if (input.isTensor && isInputType(input.type))
      return {
        name: input.name,
        dtype: input.type,
        shape: input.shape.map((d) => (d === '' || d === UNNAMED ? undefined : d)),
      };
    const type = input.isTensor ? input.type : 'something else';
    throw new CamError('model', `input "${input.name}": expected a tensor of numbers, got ${type}.`);
  });
}

/**
 * Checks feeds against the model's inputs, and gives them the inputs' element types. A first dimension may differ from a
 * fixed one: batches are split later.
 *
 * @throws {CamError} `shape`, `input`
 */
export function toFeeds(inputs: readonly InputInfo[], feeds: Readonly<Record<string, Feed>>): Feeds {
  const extra = Object.keys(feeds).find((name) => !inputs.some((input) => input.name === name));
  if (extra !== undefined)
    throw new CamError(
      'input',
      `input "${extra}": expected one of the model's inputs (${inputs.map(({ name }) => `"${name}"`).join(', ')}).`,
    );
  return new Map(inputs.map((input) => [input.name, toFeed(input, feeds[input.name])]));
}

function toFeed({ name, dtype, shape: declared }: InputInfo, feed: Feed | undefined): HostTensor {
  if (!feed)
    throw new CamError(
      'input',
      `input "${name}": expected a tensor of shape ${print(declared)}, got nothing.`,
    );
  const { data, shape } = feed;
  const fits =
    shape.length === declared.length &&
    shape.every(
      (d, i) =>
        Number.isInteger(d) && d > 0 && (i === 0 || typeof declared[i] !== 'number' || d === declared[i]),
    );
  if (!fits)
    throw new CamError('shape', `input "${name}": expected ${print(declared)}, got ${print(shape)}.`);
  const size = shape.reduce((product, d) => product * d, 1);
  if (data.length !== size)
    throw new CamError(
      'shape',
      `input "${name}": expected ${size} values for ${print(shape)}, got ${data.length}.`,
    );
  return { dtype, shape, data: toInputType(name, data, dtype) };
}

function print(shape: readonly (number | string | undefined)[]): string {
  return `[${shape.map((d) => d ?? '?').join(', ')}]`;
}
