import { CamError } from '../errors.js';
import type { InputTensor, Picture, Preprocessing } from '../types.js';
import { denormalise, grayOfTensor, type Normalisation, tensorShape } from './gray.js';
import { resample } from './resample.js';

/**
 * A rectangle of the picture, in its pixels. It extends beyond the picture where the network's input is
 * padded.
 */
export interface View {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Preprocessed {
  /** `[C, H, W]`, the network's input. */
  readonly tensor: Float32Array;
  /** `[H, W]`, 0..255: grey values of the image that the network sees. */
  readonly gray: Uint8Array;
  /** The part of the picture that the network sees. */
  readonly view: View;
}

/** Position of the network's input in the resized picture. */
interface CropPlacement {
  /** Size of the whole resized picture. */
  readonly width: number;
  readonly height: number;
  /** Corner of the crop in the resized picture; negative where the crop is larger and padded. */
  readonly left: number;
  readonly top: number;
}

/** Rounds ties to even, like Python's `round`: torchvision computes the centre crop's position with it. */
function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  return x - floor === 0.5 ? floor + (floor % 2) : Math.round(x);
}

/** Torchvision puts half of the padding (rounded down) before the picture and the rest after. */
const cropStart = (have: number, want: number): number =>
  have >= want ? roundHalfEven((have - want) / 2) : -Math.floor((want - have) / 2);

function placeCrop(width: number, height: number, preprocessing: Preprocessing): CropPlacement {
  const [H, W] = preprocessing.size;
  if (preprocessing.resize === 'exact') {
    const [h, w] = preprocessing.stretchedSize ?? preprocessing.size;
    return { width: w, height: h, left: cropStart(w, W), top: cropStart(h, H) };
  }
  const edge = preprocessing.shortestEdge ?? defaultShortestEdge(preprocessing.size);
  const short = Math.min(width, height);
  const [w, h] = [Math.trunc((edge * width) / short), Math.trunc((edge * height) / short)];
  return { width: w, height: h, left: cropStart(w, W), top: cropStart(h, H) };
}

/** The ImageNet convention: 256 for a 224-pixel input. */
export const defaultShortestEdge = (size: readonly [number, number]): number =>
  Math.round((Math.min(...size) * 256) / 224);

/** The rectangle of a `width × height` picture that the network sees. */
export function viewOf(width: number, height: number, preprocessing: Preprocessing): View {
  const [H, W] = preprocessing.size;
  const p = placeCrop(width, height, preprocessing);
  const [sx, sy] = [width / p.width, height / p.height];
  return { x: p.left * sx, y: p.top * sy, width: W * sx, height: H * sy };
}

/** An opaque picture whose RGBA `data` are made when they are first read. */
export interface OpaquePicture extends Picture {
  /** 3 bytes a pixel. `undefined` once `data` was read: its reader may write to it. */
  readonly rgb: Uint8Array | undefined;
}

/** The normalised value of each sample 0..255, one channel after the other. */
function valueTables({ scale = 1 / 255, mean, std }: Preprocessing, channels: number): Float32Array {
  const tables = new Float32Array(256 * channels);
  for (let c = 0; c < channels; c++)
    for (let v = 0; v < 256; v++) tables[256 * c + v] = (v * scale - mean[c]) / std[c];
  return tables;
}

/**
 * Turns a picture into the network's input. Transparent pixels are composed on white. `GRAY` takes the ITU-R
 * 601 luma (the weights of PIL's `L`). The picture is resized as PIL does and cropped; where the crop is
 * larger, it is padded with black, as torchvision does. Then `(v · scale - mean) / std` per channel.
 *
 * Returns the tensor `[C, H, W]` (C = 1 for `GRAY`, else 3), the grey values `[H, W]` of the image that the
 * network sees, and the rectangle of the picture that it sees. The tensor is written to `into`, if given.
 * Throws `CamError` `input` where the picture has no pixel, its data do not fit its size, or memory does not
 * suffice to resize it; `shape` where `into` has another length.
 */
export function preprocess(
  picture: Picture | OpaquePicture,
  preprocessing: Preprocessing,
  into?: Float32Array,
): Preprocessed {
  const { width, height } = picture;
  const rgb = 'rgb' in picture ? picture.rgb : undefined;
  const data = rgb ?? picture.data;
  const bytes = rgb ? 3 : 4;
  const fits = Number.isInteger(width) && Number.isInteger(height) && data.length === width * height * bytes;
  if (!fits || data.length === 0 || data.BYTES_PER_ELEMENT !== 1) {
    throw new CamError(
      'input',
      `picture: expected width × height × ${bytes} bytes (${rgb ? 'RGB' : 'RGBA'}), got ${width} × ${height} and ${data.length} bytes.`,
    );
  }
  const [H, W] = preprocessing.size;
  const plane = H * W;
  const C = preprocessing.channels === 'GRAY' ? 1 : 3;
  const tensor = into ?? new Float32Array(C * plane);
  if (tensor.length !== C * plane)
    throw new CamError(
      'shape',
      `into: expected ${C * plane} values ([${C}, ${H}, ${W}]), got ${tensor.length}.`,
    );
  const gray = new Uint8Array(plane);
  const tables = valueTables(preprocessing, C);
  const { left, top, ...resized } = placeCrop(width, height, preprocessing);
  const window = {
    x0: Math.max(0, left),
    y0: Math.max(0, top),
    x1: Math.min(resized.width, left + W),
    y1: Math.min(resized.height, top + H),
  };
  resample({
    source: picture,
    resized,
    interpolation: preprocessing.interpolation,
    window,
    canvas: { width: W, height: H, left: window.x0 - left, top: window.y0 - top },
    load: (scratch, at, top, rows) => {
      const line = width * bytes;
      const end = at + rows * width * 4;
      const from = end - rows * line;
      scratch.bytes.set(new Uint8Array(data.buffer, data.byteOffset + top * line, rows * line), from);
      if (rgb) scratch.spread(from, at, end);
      else scratch.overWhite(at, end);
      if (C === 1) scratch.luma(at, end);
    },
    extraBytes: (rows) => tables.byteLength + rows * W * (4 + 1),
    emit: (scratch, { pixels, stride, top, rows, extra }) => {
      const { buffer } = scratch.memory;
      const values = new Float32Array(buffer, extra + tables.byteLength, rows * W);
      const grays = new Uint8Array(buffer, values.byteOffset + values.byteLength, rows * W);
      new Float32Array(buffer, extra, tables.length).set(tables);
      for (let c = 0; c < C; c++) {
        const sample = pixels + (preprocessing.channels === 'BGR' ? 2 - c : c);
        scratch.normalise(sample, stride, rows, W, extra + 1024 * c, values.byteOffset);
        tensor.set(values, c * plane + top * W);
      }
      scratch.gray(pixels, stride, rows, W, grays.byteOffset);
      gray.set(grays, top * W);
    },
  });
  return { tensor, gray, view: viewOf(width, height, preprocessing) };
}

/**
 * A normalised tensor as a picture: in colour where it has 3 channels, else its grey values. `[C, H, W]`, or
 * `[H, W, C]` where only the last length is that of colours or grey. The normalisation is undone if it is
 * known and has as many channels. Otherwise the values are min-max scaled. Throws `CamError` `shape` for
 * anything but one image.
 */
export function pictureOfTensor(given: InputTensor, normalisation?: Normalisation): Picture {
  const tensor = withChannelsFirst(given);
  const [n, c, height, width] = tensorShape(tensor);
  if (n !== 1) throw new CamError('shape', `tensor: expected one image, got ${n}.`);
  const known = normalisation?.mean.length === c ? normalisation : undefined;
  const planes = c === 3 ? denormalise(tensor, known) : grayOfTensor(tensor, known);
  const plane = width * height;
  const data = new Uint8ClampedArray(plane * 4).fill(255);
  for (let p = 0; p < plane; p++) {
    for (let k = 0; k < 3; k++) data[4 * p + k] = planes[(c === 3 ? k : 0) * plane + p];
  }
  return { data, width, height };
}

function withChannelsFirst({ data, shape }: InputTensor): InputTensor {
  const [height, width, channels] = shape;
  const isLast = shape.length === 3 && isColours(channels) && !isColours(height);
  if (!isLast) return { data, shape };
  const plane = height * width;
  const turned = data.map((_, i) => data[(i % plane) * channels + Math.floor(i / plane)]);
  return { data: turned, shape: [channels, height, width] };
}

const isColours = (channels: number): boolean => channels === 1 || channels === 3;
