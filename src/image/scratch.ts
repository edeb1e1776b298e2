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
/** Memory never shrinks: beyond this it is given up after use. */
const KEPT = 64 << 20;

let module: WebAssembly.Module | undefined;
let kept: Scratch | undefined;

function open(): Exports {
  try {
    // Without waiting, so that preprocessing needs no promise; browsers allow it for less than 4 KiB.
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
 * This thread's scratch memory, of at least `size` bytes: what it held is still there. Throws `CamError`
 * `input` where there is none.
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
  // Growing detaches what looked at the memory before.
  if (kept.bytes.buffer !== kept.memory.buffer) kept = { ...kept, bytes: new Uint8Array(kept.memory.buffer) };
  return kept;
}

/** Lets memory go that one huge picture made grow. */
export function release(): void {
  if (kept && kept.bytes.length > KEPT) kept = undefined;
}
