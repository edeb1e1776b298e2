/** Recognises files that are no ONNX model, so that the message can say what they are. */

import { CamError } from '../errors.js';
import { BYTES, VARINT } from './wire.js';

interface ForeignFormat {
  readonly at: number;
  /** Bytes, as Latin-1 text. */
  readonly magic: string;
  readonly is: string;
  /** @default 'Pass a .onnx file.' */
  readonly advice?: string;
}

const exportIt = 'Export the model to ONNX.';

/** Formats that are often passed by mistake. */
const kinds: readonly ForeignFormat[] = [
  { at: 0, magic: '<', is: 'an HTML or XML page', advice: 'Fetch the file itself, not the page about it.' },
  { at: 0, magic: '\xff\xd8\xff', is: 'a JPEG picture' },
  { at: 0, magic: '\x89PNG', is: 'a PNG picture' },
  { at: 8, magic: 'WEBP', is: 'a WebP picture' },
  { at: 0, magic: '\x93NUMPY', is: 'a NumPy array' },
  { at: 0, magic: 'version https://git-lfs', is: 'a Git LFS pointer', advice: 'Run `git lfs pull`.' },
  { at: 0, magic: 'PK\x03\x04', is: 'a zip archive (PyTorch or Keras weights?)', advice: exportIt },
  { at: 0, magic: '\x80\x02', is: 'a Python pickle (PyTorch weights?)', advice: exportIt },
  { at: 0, magic: '\x89HDF', is: 'an HDF5 file (Keras weights?)', advice: exportIt },
  { at: 4, magic: 'TFL3', is: 'a TensorFlow Lite model', advice: 'Convert it to ONNX.' },
  { at: 4, magic: 'ORTM', is: 'a model in ORT format', advice: 'Use the .onnx file that it was made from.' },
  { at: 0, magic: 'GGUF', is: 'a GGUF model' },
];

/** Wire type of the ModelProto fields that a file may begin with. */
const firstFields: ReadonlyMap<number, number> = new Map([
  [1, VARINT],
  [5, VARINT],
  ...[2, 3, 4, 6, 7, 8, 14, 20, 25, 26].map((field): [number, number] => [field, BYTES]),
]);

/**
 * The error for bytes whose beginning shows that they are no ONNX model; `undefined` where they may be one.
 */
export function notAModel(name: string, bytes: Uint8Array): CamError | undefined {
  const expected = `${name}: expected an ONNX model, got`;
  if (bytes.length === 0)
    return new CamError('model', `${expected} an empty file. Fetch or export the model again.`);
  for (const { at, magic, is, advice = 'Pass a .onnx file.' } of kinds)
    if (String.fromCharCode(...bytes.subarray(at, at + magic.length)) === magic)
      return new CamError('model', `${expected} ${is}. ${advice}`);
  // A tag above 127 would be a field beyond 15: none that a model begins with, but 20, 25 and 26 are allowed.
  const first = bytes[0]! < 128 ? bytes[0]! : (bytes[0]! & 127) | ((bytes[1] ?? 0) << 7);
  if (firstFields.get(first >> 3) === (first & 7)) return undefined;
  return new CamError(
    'model',
    `${expected} something else (its first bytes are no ModelProto). Pass a .onnx file.`,
  );
}
