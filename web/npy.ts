/** A float32 array as the bytes of a `.npy` file, version 1.0, C order. */
export function npy(data: Float32Array, shape: readonly number[]): Uint8Array<ArrayBuffer> {
  const lengths = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${lengths}), }`;
  // Magic, version and length take 10 bytes; the values begin at a multiple of 64.
  const padded = `${header.padEnd(Math.ceil((header.length + 11) / 64) * 64 - 11)}\n`;
  const bytes = new Uint8Array(10 + padded.length + 4 * data.length);
  bytes.set([0x93, ...new TextEncoder().encode('NUMPY'), 1, 0, padded.length & 255, padded.length >> 8]);
  bytes.set(new TextEncoder().encode(padded), 10);
  const view = new DataView(bytes.buffer, 10 + padded.length);
  for (const [i, value] of data.entries()) view.setFloat32(4 * i, value, true);
  return bytes;
}
