import { CamError } from '../errors.js';
import type { Explainer } from '../explainer.js';
import { preprocess, viewOf } from '../image/index.js';
import type { InputTensor } from '../types.js';
import type { LoadedSample, Truth } from './data-set.js';
import { truthInInput } from './truth.js';

/**
 * The network's input for a sample, and the sample's ground truth in the input's pixels.
 * @throws {CamError} `option` for a picture where the model takes none.
 */
export function inputOf(
  { picture, truth }: LoadedSample,
  { preprocessing, pictureObstacle }: Pick<Explainer, 'preprocessing' | 'pictureObstacle'>,
): { readonly tensor: InputTensor; readonly truth: Truth } {
  if ('shape' in picture) {
    const shape = picture.shape.length === 4 ? picture.shape.slice(1) : picture.shape;
    const [, height, width] = shape;
    const view = { x: 0, y: 0, width, height };
    return { tensor: { data: picture.data, shape }, truth: truthInInput(truth, view, [height, width]) };
  }
  if (pictureObstacle !== undefined) throw new CamError('option', pictureObstacle);
  const { size } = preprocessing;
  const { tensor } = preprocess(picture, preprocessing);
  const [height, width] = size;
  return {
    tensor: { data: tensor, shape: [tensor.length / (height * width), height, width] },
    truth: truthInInput(truth, viewOf(picture.width, picture.height, preprocessing), size),
  };
}
