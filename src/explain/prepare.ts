import { CamError } from '../errors.js';
import { grayOfTensor, preprocess } from '../image/index.js';
import { MAX_PICTURE } from '../onnx/limits.js';
import type { InputTensor, Picture, Preprocessing } from '../types.js';
import { expectFinite } from './finite.js';
import type { InputSize } from './input-size.js';
import { channelsFirst } from './layout.js';
import type { InputRoom } from './memory.js';

/** One image, ready for the network. */
export interface Prepared {
  /** Position among the images passed in. */
  readonly image: number;
  /** `[C, H, W]`, normalised. */
  readonly tensor: Float32Array;
  readonly shape: readonly [number, number, number];
  /** `[H, W]`, 0..255. Made when it is asked for: few methods look at the picture. */
  readonly gray: () => Uint8Array;
}

export interface PrepareOptions {
  readonly input: InputSize;
  readonly preprocessing: Preprocessing;
  /** False where `preprocessing` is only the convention: a tensor's grey is then taken from its own range. */
  readonly known: boolean;
  /** Why no picture can be fed. */
  readonly pictureObstacle?: string;
  /** Where a picture's values are written; what a tensor holds stays where it is. */
  readonly room: InputRoom;
}

const isTensor = (image: Picture | InputTensor): image is InputTensor => 'shape' in image;

/** `[C, H, W]` of what an image becomes. */
export function preparedShape(
  source: Picture | InputTensor,
  { size, channels }: Preprocessing,
): readonly number[] {
  return isTensor(source) ? source.shape.slice(-3) : [channels === 'GRAY' ? 1 : 3, ...size];
}

/**
 * Why the model cannot be fed pictures as they are prepared; `undefined` where it can.
 * @param source  Where the preprocessing comes from.
 */
export function pictureObstacle(
  input: InputSize,
  { size, channels }: Preprocessing,
  source: string,
): string | undefined {
  if (input.channels !== 1 && input.channels !== 3)
    return `pictures have 1 or 3 channels (grey or colour), the model takes ${input.channels}. Give tensors, .npy files of float32 [n, ${input.channels}, H, W].`;
  const made = channels === 'GRAY' ? 1 : 3;
  const [height, width] = size;
  const fits =
    made === input.channels && height === (input.height ?? height) && width === (input.width ?? width);
  if (fits) return undefined;
  const wanted = [input.channels, input.height ?? 'H', input.width ?? 'W'].join(', ');
  return `pictures become [${[made, ...size].join(', ')}] by ${source}, the model takes [${wanted}]. Give the preprocessing of this model.`;
}

/**
 * Makes one image the network's input.
 * @throws {CamError} `input` for a tensor that does not fit the model or holds non-finite values, an empty
 *   picture, or one that the model cannot be fed.
 */
export function prepare(source: Picture | InputTensor, image: number, options: PrepareOptions): Prepared {
  const size = preparedShape(source, options.preprocessing);
  if (!(size.reduce((n, length) => n * length, 1) <= MAX_PICTURE))
    throw new CamError(
      'input',
      `picture: expected at most ${MAX_PICTURE} values, got [${size.join(', ')}]. Use a smaller size.`,
    );
  if (isTensor(source)) return prepareTensor(source, image, options);
  const { preprocessing, room } = options;
  if (options.pictureObstacle !== undefined) throw new CamError('input', options.pictureObstacle);
  const [channels, height, width] = size;
  const tensor = room.next(channels * height * width);
  try {
    const { gray } = preprocess(source, preprocessing, tensor);
    return { image, tensor, gray: () => gray, shape: [channels, height, width] };
  } catch (error) {
    room.back(tensor.length);
    throw error;
  }
}

/** `[H, W, C]` as `[C, H, W]`, where only that order fits the model. */
function withChannelsFirst({ data, shape }: InputTensor, { channels }: InputSize): InputTensor {
  const [height, width, last] = shape;
  if (shape.length !== 3 || last !== channels || shape[0] === channels) return { data, shape };
  const turned = channelsFirst(data, 1, { channels, height, width, prefix: 0 });
  return { data: turned, shape: [channels, height, width] };
}

function prepareTensor(
  given: InputTensor,
  image: number,
  { input, preprocessing, known }: PrepareOptions,
): Prepared {
  const one = given.shape.length === 4 && given.shape[0] === 1 ? given.shape.slice(1) : given.shape;
  const own = { data: given.data, shape: one };
  const source = input.channelsLast ? withChannelsFirst(own, input) : own;
  const { shape } = source;
  const [c, h, w] = shape;
  const fits =
    shape.length === 3 &&
    c === input.channels &&
    h === (input.height ?? h) &&
    w === (input.width ?? w) &&
    source.data.length === c * h * w &&
    source.data.length > 0;
  if (!fits) {
    const wanted = [input.channels, input.height ?? 'H', input.width ?? 'W'].join(', ');
    const isLast = shape.length === 3 && c !== input.channels && w === input.channels;
    throw new CamError(
      'input',
      `tensor: expected [${wanted}] (what the model takes), got [${given.shape.join(', ')}] with ${given.data.length} values.${
        isLast ? ' The channels stand last: transpose them to the front.' : ''
      }`,
    );
  }
  expectFinite('tensor', source.data, [c, h, w]);
  const tensor = { data: source.data, shape: [c, h, w] };
  const gray = () =>
    grayOfTensor(tensor, known && preprocessing.mean.length === c ? preprocessing : undefined);
  return { image, tensor: source.data, gray, shape: [c, h, w] };
}
