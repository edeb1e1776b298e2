import { CamError } from '../errors.js';
import { formatShape } from '../onnx/format-shape.js';
import type { ValueInfo } from '../onnx/model.js';

/** What the model takes: channels and size, `undefined` where free. */
export interface InputSize {
  readonly channels: number;
  readonly height?: number;
  readonly width?: number;
  /** True where the model takes `[n, H, W, C]`: tensors may come in that order too. */
  readonly channelsLast?: boolean;
}

/** What the model takes. @throws {CamError} `model` for an input that is no image. */
export function inputSize({ name, shape }: Pick<ValueInfo, 'name' | 'shape'>): InputSize {
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
