import type { InferenceSession } from 'onnxruntime-common';
import { CamError } from '../errors.js';
import { formatShape } from '../onnx/format-shape.js';
import type { DeviceRows, Feeds, HostTensor } from './chunks.js';
import { isInputType, toInputType } from './convert.js';
import type { AnyFeed, InputInfo } from './types.js';

/**
 * A dynamic dimension without a name: onnxruntime-node gives an empty string, onnxruntime-web -1 as an
 * unsigned integer.
 */
const UNNAMED = 2 ** 32 - 1;

/**
 * The inputs that a model declares.
 * @throws {CamError} `model` for inputs that are not tensors of numbers.
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
 * Checks feeds against the model's inputs and converts them to the inputs' element types. The first dimension
 * may differ from a fixed one: batches are split later.
 *
 * @param onDevice  Whether buffers of a GPU device can be fed.
 * @throws {CamError} `shape`, `input`
 */
export function toFeeds(
  inputs: readonly InputInfo[],
  feeds: Readonly<Record<string, AnyFeed>>,
  onDevice: boolean,
): Feeds {
  const extra = Object.keys(feeds).find((name) => !inputs.some((input) => input.name === name));
  if (extra !== undefined)
    throw new CamError(
      'input',
      `input "${extra}": expected one of the model's inputs (${inputs.map(({ name }) => `"${name}"`).join(', ')}).`,
    );
  const given = (name: string) => (Object.hasOwn(feeds, name) ? feeds[name] : undefined);
  return new Map(inputs.map((input) => [input.name, toFeed(input, given(input.name), onDevice)]));
}

function toFeed(
  { name, dtype, shape: declared }: InputInfo,
  feed: AnyFeed | undefined,
  onDevice: boolean,
): HostTensor | DeviceRows {
  if (!feed)
    throw new CamError(
      'input',
      `input "${name}": expected a tensor of shape ${formatShape(declared)}, got nothing.`,
    );
  const { shape } = feed;
  // ONNX Runtime reports no axes both for a scalar and for an input without a declared shape.
  const fits =
    (shape.length === declared.length || declared.length === 0) &&
    shape.every(
      (d, i) =>
        Number.isInteger(d) && d > 0 && (i === 0 || typeof declared[i] !== 'number' || d === declared[i]),
    );
  if (!fits)
    throw new CamError(
      'shape',
      `input "${name}": expected ${formatShape(declared)}, got ${formatShape(shape)}.`,
    );
  const size = shape.reduce((product, d) => product * d, 1);
  if ('buffer' in feed) {
    if (!onDevice || dtype !== 'float32')
      throw new CamError(
        'input',
        `input "${name}": expected values in the host's memory (${onDevice ? `the model takes ${dtype}` : 'the session runs on the CPU'}), got a buffer on a GPU device. Read it back first.`,
      );
    expectUsable(name, feed.buffer, 4 * size);
    return { dtype, shape, buffer: feed.buffer };
  }
  const { data } = feed;
  if (data.length !== size)
    throw new CamError(
      'shape',
      `input "${name}": expected ${size} values for ${formatShape(shape)}, got ${data.length}.`,
    );
  return { dtype, shape, data: toInputType(name, data, dtype) };
}

/** ONNX Runtime's shaders bind whole buffers as vectors of four. */
const UNIT = 16;

/** Size of a buffer in which ONNX Runtime accepts an input of `bytes` bytes. */
export const bufferSize = (bytes: number): number => Math.ceil(bytes / UNIT) * UNIT;

function expectUsable(name: string, { size, usage }: GPUBuffer, bytes: number): void {
  const needed = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
  if (size < bufferSize(bytes))
    throw new CamError(
      'shape',
      `input "${name}": expected a buffer of ${bufferSize(bytes)} bytes (${bytes}, rounded up to ${UNIT}), got ${size}.`,
    );
  if ((usage & needed) !== needed)
    throw new CamError(
      'input',
      `input "${name}": expected a buffer with the usages STORAGE, COPY_SRC and COPY_DST (${needed}), got ${usage}.`,
    );
}
