import { gray8, type Preprocessed, viewOf } from '../../src/image/index.js';
import type { Picture, Preprocessing } from '../../src/types.js';
import { type Raster, resize } from './resize-javascript.js';

/** Position of the network's input in the resized picture. */
interface Plan {
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

function plan(width: number, height: number, preprocessing: Preprocessing): Plan {
  const [H, W] = preprocessing.size;
  if (preprocessing.resize === 'exact') return { width: W, height: H, left: 0, top: 0 };
  const edge = preprocessing.shortestEdge ?? Math.round((Math.min(H, W) * 256) / 224);
  const short = Math.min(width, height);
  const [w, h] = [Math.trunc((edge * width) / short), Math.trunc((edge * height) / short)];
  return { width: w, height: h, left: cropStart(w, W), top: cropStart(h, H) };
}

/**
 * Copies colours pixel by pixel. Returns false if a pixel is not opaque, or if this machine puts the red byte
 * last.
 */
function copyOpaque(data: Picture['data'], out: Uint8Array): boolean {
  if (new Uint8Array(Uint32Array.of(1).buffer)[0] !== 1) return false;
  const words = new Uint32Array(data.buffer, data.byteOffset, data.length >> 2);
  for (let p = 0, to = 0; p < words.length; p++, to += 3) {
    const word = words[p];
    if (word < 0xff000000) return false;
    out[to] = word;
    out[to + 1] = word >> 8;
    out[to + 2] = word >> 16;
  }
  return true;
}

/** Colours composed on white; for `GRAY` the ITU-R 601 luma, with the weights of PIL's `L`. */
function opaque(picture: Picture, channels: 1 | 3): Raster {
  const { data, width, height } = picture;
  const out = new Uint8Array(width * height * channels);
  if (channels === 3 && data.byteOffset % 4 === 0 && copyOpaque(data, out))
    return { data: out, width, height, channels };
  const over = (c: number, a: number): number => Math.round((c * a + 255 * (255 - a)) / 255);
  for (let p = 0, from = 0, to = 0; p < width * height; p++, from += 4) {
    const a = data[from + 3];
    let r = data[from];
    let g = data[from + 1];
    let b = data[from + 2];
    if (a !== 255) {
      r = over(r, a);
      g = over(g, a);
      b = over(b, a);
    }
    if (channels === 1) out[to++] = (19595 * r + 38470 * g + 7471 * b + 32768) >> 16;
    else {
      out[to++] = r;
      out[to++] = g;
      out[to++] = b;
    }
  }
  return { data: out, width, height, channels };
}

/** The crop, `[H, W]` pixels. Outside the resized picture it stays black, as torchvision pads. */
function crop(source: Raster, p: Plan, preprocessing: Preprocessing): Raster {
  const [H, W] = preprocessing.size;
  const { channels } = source;
  const window = {
    x0: Math.max(0, p.left),
    y0: Math.max(0, p.top),
    x1: Math.min(p.width, p.left + W),
    y1: Math.min(p.height, p.top + H),
  };
  const part = resize(source, p.width, p.height, preprocessing.interpolation, window);
  if (part.width === W && part.height === H) return part;
  const data = new Uint8Array(W * H * channels);
  for (let y = 0; y < part.height; y++) {
    const row = part.data.subarray(y * part.width * channels, (y + 1) * part.width * channels);
    data.set(row, ((window.y0 - p.top + y) * W + window.x0 - p.left) * channels);
  }
  return { data, width: W, height: H, channels };
}

/** `preprocess` in plain JavaScript. */
export function preprocess(picture: Picture, preprocessing: Preprocessing): Preprocessed {
  const { width, height } = picture;
  const C = preprocessing.channels === 'GRAY' ? 1 : 3;
  const { data } = crop(opaque(picture, C), plan(width, height, preprocessing), preprocessing);
  const plane = data.length / C;
  const scale = preprocessing.scale ?? 1 / 255;
  const tensor = new Float32Array(data.length);
  const value = new Float32Array(256);
  for (let c = 0; c < C; c++) {
    const mean = preprocessing.mean[c];
    const std = preprocessing.std[c];
    for (let v = 0; v < 256; v++) value[v] = (v * scale - mean) / std;
    const from = preprocessing.channels === 'BGR' ? 2 - c : c;
    const channel = tensor.subarray(c * plane, (c + 1) * plane);
    for (let p = 0, at = from; p < plane; p++, at += C) channel[p] = value[data[at]];
  }
  const gray = new Uint8Array(plane);
  if (C === 1) gray.set(data);
  else {
    for (let p = 0, at = 0; p < plane; p++, at += 3) gray[p] = gray8(data[at], data[at + 1], data[at + 2]);
  }
  return { tensor, gray, view: viewOf(width, height, preprocessing) };
}
