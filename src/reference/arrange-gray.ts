/**
 * The samples of grey images `[n, H, W]`, 16 bits each, in the order in which a backend counts them against a
 * layer of `width` columns: the place where the counters of a sample's grey bin begin. Order and places are
 * the backend's own; `words` 32-bit numbers per image, 0 where no sample is.
 */
export function arrangeGray(
  gray: ArrayLike<number>,
  [n, H, W]: readonly [number, number, number],
  { bins, width, words }: { readonly bins: number; readonly width: number; readonly words: number },
  backend: 'wasm' | 'webgpu',
): Uint16Array {
  const runs = runsOf(width, W);
  const octets = Math.ceil(Math.max(...runs) / 8);
  const placeOf = placeOn(backend, bins, H * W <= 65_535);
  const arranged = new Uint16Array(n * words * 2);
  for (let image = 0; image < n; image++)
    // Both orders go run by run: WebAssembly's in bands of eight rows, a GPU's in eights of samples.
    for (let band = 0, next = image * words * 2; band < H; band += 8) {
      let left = 0;
      runs.forEach((length, run) => {
        for (let y = band; y < Math.min(H, band + 8); y++)
          for (let i = 0; i < length; i++) {
            const at = ((y * octets + (i >> 3)) * (width + 1) + run) * 8 + (i & 7);
            const to = backend === 'wasm' ? next++ : image * words * 2 + at;
            arranged[to] = placeOf(gray[(image * H + y) * W + left + i]);
          }
        left += length;
      });
    }
  return arranged;
}

/** Lengths of a row's runs: samples between the same two columns of the layer. */
export function runsOf(width: number, samples: number): number[] {
  const runs = new Array<number>(width + 1).fill(0);
  for (let x = 0; x < samples; x++) {
    const position = ((x + 0.5) * width) / samples - 0.5;
    runs[Math.min(width, Math.max(0, Math.floor(position + 1)))]++;
  }
  return runs;
}

/** Where the counters of a grey value's bin begin, as the backend's histogram has them. */
function placeOn(backend: 'wasm' | 'webgpu', bins: number, packed: boolean): (gray: number) => number {
  const binOf = (gray: number) => (gray * bins) >> 8;
  if (backend === 'wasm') {
    const bytes = bins === 256 ? 1 : packed ? 2 : 4;
    return (gray) => binOf(gray) * bins * bytes;
  }
  const rows = packed ? bins / 2 : bins;
  return (gray) => {
    const row = binOf(gray) % rows;
    return row * bins + row + (binOf(gray) >= rows ? 32_768 : 0);
  };
}
