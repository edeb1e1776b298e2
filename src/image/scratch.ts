import { CamError } from '../errors.js';
import { imageWasm } from '../generated/image-wasm.js';

/** What assembly/image exports: pointers and strides in bytes, sizes in pixels. */
interface Exports {
  readonly memory: WebAssembly.Memory;
  readonly spread: (rgb: number, pixels: number, end: number) => void;
  readonly overWhite: (pixels: number, end: number) => void;
  readonly luma: (pixels: number, end: number) => void;
  readonly alongX: (
    source: number,
    sourceStride: number,
    rows: number,
    target: number,
    outputs: number,
    taps: number,
    width: number,
  ) => void;
  readonly alongY: (
    source: number,
    sourceStride: number,
    bytes: number,
    target: number,
    targetStride: number,
    outputs: number,
    taps: number,
    width: number,
  ) => void;
  readonly normalise: (
    source: number,
    stride: number,
    rows: number,
    width: number,
    table: number,
    plane: number,
  ) => void;
  readonly gray: (source: number, stride: number, rows: number, width: number, target: number) => void;
}

/** The compiled functions and the memory that they work in. */
export interface Scratch extends Exports {
  readonly bytes: Uint8Array;
}

const PAGE = 65536;
/** WebAssembly memory never shrinks: a larger one is dropped after use. */
const KEPT = 64 << 20;

let module: WebAssembly.Module | undefined;
let kept: Scratch | undefined;

function open(): Exports {
  try {
    // Compiled synchronously, so that preprocessing needs no promise. Browsers allow that for modules below 4
    // KiB.
    module ??= new WebAssembly.Module(imageWasm());
    return new WebAssembly.Instance(module, {}).exports as unknown as Exports;
  } catch (cause) {
    throw new CamError(
      'backend',
      `picture: this runtime cannot compile WebAssembly SIMD (${String(cause)}).`,
      {
        cause,
      },
    );
  }
}

/**
 * This thread's scratch memory, at least `size` bytes; its contents are kept. Throws `CamError` `input` where
 * there is not enough memory.
 */
export function scratch(size: number): Scratch {
  kept ??= { ...open(), bytes: new Uint8Array(0) };
  const missing = size - kept.memory.buffer.byteLength;
  try {
    if (missing > 0) kept.memory.grow(Math.ceil(missing / PAGE));
  } catch (cause) {
    throw new CamError(
      'input',
      `picture: not enough memory for ${size} bytes while it is resized (WebAssembly has at most 4 GiB). Make it smaller first.`,
      { cause },
    );
  }
  // Growth detaches older views of the memory.
  if (kept.bytes.buffer !== kept.memory.buffer) kept = { ...kept, bytes: new Uint8Array(kept.memory.buffer) };
  return kept;
}

/** Drops the memory if a huge picture made it grow. */
export function release(): void {
  if (kept && kept.bytes.length > KEPT) kept = undefined;
}
