import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { imageWasm } from '../../src/generated/image-wasm.js';
import { preprocess } from '../../src/image/index.js';
import type { Picture, Preprocessing } from '../../src/types.js';
import { exact, expectSame, noise } from './pictures.js';
import { preprocess as javascript } from './preprocess-javascript.js';

const opaque = () => 255;
const interpolations = ['bilinear', 'bicubic', 'nearest'] as const;
const orders = ['RGB', 'BGR', 'GRAY'] as const;

function expectAsJavascript(picture: Picture, preprocessing: Preprocessing): void {
  const got = preprocess(picture, preprocessing);
  const want = javascript(picture, preprocessing);
  const what = `${picture.width} × ${picture.height} → ${JSON.stringify(preprocessing)}`;
  expectSame(got.tensor, want.tensor, what);
  expectSame(got.gray, want.gray, what);
  expect(got.view).toEqual(want.view);
}

test('the module is small enough to be compiled synchronously on the thread of a page, and imports nothing', () => {
  const bytes = imageWasm();
  expect(bytes.length).toBeLessThan(4096);
  expect(WebAssembly.Module.imports(new WebAssembly.Module(bytes))).toEqual([]);
});

describe('equals plain JavaScript bit for bit', () => {
  // Samples, rows and pixels are processed in fours. Lengths that are not multiples of four occur in sources
  // and in results.
  const sizes = [
    [1, 1],
    [1, 9],
    [9, 1],
    [2, 3],
    [5, 4],
    [37, 23],
    [64, 64],
    [500, 375],
    [3, 4000],
    [4000, 3],
  ] as const;
  const wanted = [
    [1, 1],
    [7, 5],
    [23, 37],
    [64, 64],
    [224, 224],
  ] as const;

  test.for(sizes)('%i × %i, stretched to any size', ([width, height]) => {
    const picture = noise(width, height, opaque);
    for (const [h, w] of wanted)
      for (const interpolation of interpolations)
        for (const channels of orders) expectAsJavascript(picture, exact(h, w, channels, interpolation));
  });

  test.for(sizes)('%i × %i, one axis keeps its length', ([width, height]) => {
    const picture = noise(width, height, opaque);
    for (const interpolation of interpolations) {
      expectAsJavascript(picture, exact(height, 13, 'RGB', interpolation));
      expectAsJavascript(picture, exact(13, width, 'RGB', interpolation));
      expectAsJavascript(picture, exact(height, width, 'BGR', interpolation));
    }
  });

  test.for(sizes)('%i × %i, shortest edge and crop, padded where the crop is larger', ([width, height]) => {
    const picture = noise(width, height, opaque);
    for (const interpolation of interpolations)
      for (const channels of orders)
        for (const [shortestEdge, h, w] of [
          [9, 6, 5],
          [6, 11, 13], // padded on all sides where the picture is square, on two where it is not
          [5, 3, 40],
          [Math.min(width, height), 50, 21], // both axes keep their length
        ] as const)
          expectAsJavascript(picture, {
            ...exact(h, w, channels, interpolation),
            resize: 'shortest',
            shortestEdge,
          });
  });

  test('every value with every alpha, resized or not, in all channel orders', () => {
    // Each sample and its complement occur with each alpha. A row has one alpha, so rows are opaque,
    // transparent, or between.
    const data = new Uint8Array(256 * 256 * 4);
    for (let p = 0; p < 65536; p++) data.set([p & 255, 255 - (p & 255), (p * 7) & 255, p >> 8], p * 4);
    for (const channels of orders) {
      expectAsJavascript({ data, width: 256, height: 256 }, exact(256, 256, channels));
      expectAsJavascript({ data, width: 256, height: 256 }, exact(101, 99, channels));
    }
  });

  test('one pixel that is not opaque, at any position', () => {
    for (let at = 0; at < 37; at++) {
      const picture = noise(
        37,
        2,
        (p) => (p === at ? 100 : 255),
        at, // colours differ, so that a mix-up with a neighbour would show
      );
      expectAsJavascript(picture, exact(2, 37));
    }
  });

  test('random pictures and settings', () => {
    const side = fc.integer({ min: 1, max: 70 });
    const cases = fc.record({
      width: side,
      height: side,
      h: side,
      w: side,
      shortestEdge: side,
      resize: fc.constantFrom('exact', 'shortest'),
      interpolation: fc.constantFrom(...interpolations),
      channels: fc.constantFrom(...orders),
      seed: fc.nat(),
      transparent: fc.boolean(),
    });
    fc.assert(
      fc.property(
        cases,
        ({ width, height, h, w, shortestEdge, resize, interpolation, channels, seed, transparent }) => {
          const alpha = transparent ? (p: number) => (p * 37 + seed) & 255 : opaque;
          expectAsJavascript(noise(width, height, alpha, seed), {
            ...exact(h, w, channels, interpolation),
            resize,
            shortestEdge,
          });
        },
      ),
      { numRuns: 300, seed: 7 },
    );
  });

  test('clamped arrays, and pictures at any offset of a buffer', () => {
    const { data, width, height } = noise(37, 23, opaque);
    for (let offset = 0; offset < 4; offset++) {
      const buffer = new ArrayBuffer(offset + data.length + 5);
      const clamped = new Uint8ClampedArray(buffer, offset, data.length);
      clamped.set(data);
      expectAsJavascript({ data: clamped, width, height }, exact(17, 19));
      expectAsJavascript({ data: new Uint8Array(buffer, offset, data.length), width, height }, exact(23, 37));
    }
  });
});

describe('in strips', () => {
  test('30 megapixels', () => {
    // Now and then a transparent pixel.
    const picture = noise(6001, 5003, (p) => (p % 100_003 === 0 ? 9 : 255));
    expectAsJavascript(picture, { ...exact(224, 224), resize: 'shortest' });
    // More narrowed rows, and more finished rows, than fit in a strip.
    expectAsJavascript(picture, { ...exact(1500, 900), resize: 'shortest', interpolation: 'bicubic' });
  });

  test('results of many strips: shrunk, enlarged, kept, padded', () => {
    const picture = noise(611, 703, opaque);
    expectAsJavascript(picture, exact(1201, 997, 'BGR'));
    expectAsJavascript(picture, exact(703, 997));
    expectAsJavascript(picture, exact(1201, 611, 'GRAY'));
    const large = noise(1203, 1501, opaque);
    expectAsJavascript(large, exact(1501, 1203));
    for (const shortestEdge of [100, 900, 1203])
      expectAsJavascript(large, { ...exact(2000, 1600), resize: 'shortest', shortestEdge });
  });

  test('a row longer than a strip', () => {
    expectAsJavascript(noise(300_001, 6, opaque), exact(5, 7));
  });

  test('memory that a huge picture made grow is dropped, and the next result is right', () => {
    const small = noise(20, 30, opaque);
    expectAsJavascript(small, exact(8, 8));
    let opened = 0;
    const { Instance } = WebAssembly;
    WebAssembly.Instance = new Proxy(Instance, {
      construct: (target, args) => {
        opened++;
        return Reflect.construct(target, args);
      },
    });
    try {
      // One row of 68 MB.
      expectAsJavascript(
        { data: new Uint8Array(68_000_000).fill(255), width: 17_000_000, height: 1 },
        exact(2, 2, 'RGB', 'nearest'),
      );
      expect(opened).toBe(0);
      expectAsJavascript(small, exact(8, 8));
      expectAsJavascript(small, exact(8, 9));
      expect(opened).toBe(1);
    } finally {
      WebAssembly.Instance = Instance;
    }
  });
});

describe('into', () => {
  const picture = noise(37, 23, opaque);
  const preprocessing = exact(10, 12);

  test('the tensor is written to the given array, and nowhere else', () => {
    const want = preprocess(picture, preprocessing);
    const buffer = new Float32Array(2 * 360 + 7).fill(-1);
    const tensor = buffer.subarray(360, 720); // the second image of a batch
    const got = preprocess(picture, preprocessing, tensor);
    expect(got.tensor).toBe(tensor);
    expect(got.view).toEqual(want.view);
    expectSame(tensor, want.tensor);
    expectSame(got.gray, want.gray);
    expect([...new Set([...buffer.subarray(0, 360), ...buffer.subarray(720)])]).toEqual([-1]);
  });

  test('another length is refused', () => {
    expect(() => preprocess(picture, preprocessing, new Float32Array(120))).toThrow(
      expect.objectContaining({
        code: 'shape',
        message: 'into: expected 360 values ([3, 10, 12]), got 120.',
      }),
    );
  });

  test('results are not overwritten by the next picture', () => {
    const first = preprocess(picture, preprocessing);
    const [tensor, gray] = [first.tensor.slice(), first.gray.slice()];
    preprocess(noise(50, 40, opaque, 2), preprocessing);
    expectSame(first.tensor, tensor);
    expectSame(first.gray, gray);
  });
});

test('a runtime that does not compile WebAssembly is named', async () => {
  vi.resetModules();
  const fresh = await import('../../src/image/index.js');
  const compile = vi.spyOn(WebAssembly, 'Module').mockImplementation(function refuse() {
    throw new WebAssembly.CompileError('no');
  });
  expect(() => fresh.preprocess(noise(2, 2, opaque), exact(2, 2))).toThrow(
    'picture: this runtime cannot compile WebAssembly SIMD (CompileError: no).',
  );
  compile.mockRestore();
});

// With these sizes the last block ends at the end of the scratch memory: without spare bytes after it they
// trap.
test.each([
  [42, 512, 'RGB'],
  [14, 512, 'GRAY'],
  [69, 526, 'GRAY'],
] as const)('vectors do not read or write past the memory: %i × %i, %s', async (width, height, channels) => {
  vi.resetModules();
  const fresh = await import('../../src/image/index.js');
  const picture = noise(width, height, opaque);
  const rgb = picture.data.filter((_, i) => i % 4 < 3) as Uint8Array;
  for (const source of [picture, { ...picture, rgb }]) {
    const got = fresh.preprocess(source, exact(height, width, channels));
    expectSame(got.tensor, javascript(picture, exact(height, width, channels)).tensor);
  }
});

test('too little memory to resize a picture is an error with its own message, and the next picture is right', () => {
  const grow = vi.spyOn(WebAssembly.Memory.prototype, 'grow').mockImplementation(() => {
    throw new RangeError('no');
  });
  const large = noise(3000, 1200, opaque);
  expect(() => preprocess(large, exact(2900, 1100))).toThrow(
    expect.objectContaining({
      code: 'input',
      message: expect.stringMatching(
        /^picture: not enough memory for \d+ bytes while it is resized .* Make it smaller first\.$/,
      ),
    }),
  );
  grow.mockRestore();
  expectAsJavascript(large, exact(29, 11));
});

test.each([
  ['values of two bytes', { width: 1, height: 1, data: new Uint16Array(4) }],
  ['a plain array', { width: 1, height: 1, data: [1, 2, 3, 255] }],
  ['half a pixel', { width: 1.5, height: 2, data: new Uint8Array(12) }],
])('%s is no picture', (_, picture) => {
  expect(() => preprocess(picture as unknown as Picture, exact(2, 2))).toThrow(
    /^picture: expected width × height/,
  );
});
