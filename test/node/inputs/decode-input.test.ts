import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, test, vi } from 'vitest';
import { defaultPreprocessing, type OpaquePicture, preprocess } from '../../../src/image/index.js';
import { decodeInput, decodePicture, openPicture, withAlpha } from '../../../src/node/inputs/decode.js';
import { quickSize } from '../../../src/node/inputs/picture-size.js';
import { temporaryFolder } from '../folder.js';

const folder = temporaryFolder();

/** Noise compresses badly, so that the pictures' data are longer than their headers. */
const noise = (width: number, height: number) =>
  sharp(Buffer.from(Uint8Array.from({ length: 3 * width * height }, (_, i) => (i * 7919 * (i % 31)) % 256)), {
    raw: { width, height, channels: 3 },
  });

/** A JPEG segment: marker, length, content. */
const segment = (marker: number, content: Uint8Array): Buffer => {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(content.length + 2, 2);
  return Buffer.concat([head, content]);
};

describe('quickSize', () => {
  test.each([
    ['baseline JPEG', noise(37, 21).jpeg()],
    ['progressive JPEG', noise(37, 21).jpeg({ progressive: true })],
    ['JPEG with optimised tables', noise(37, 21).jpeg({ mozjpeg: true })],
    ['CMYK JPEG', noise(37, 21).toColourspace('cmyk').jpeg()],
    [
      'JPEG with a profile and an orientation',
      noise(37, 21)
        .withIccProfile('p3')
        .withExif({ IFD0: { Orientation: '6' } })
        .jpeg(),
    ],
    ['PNG', noise(37, 21).png()],
    ['interlaced PNG', noise(37, 21).png({ progressive: true })],
  ])('%s: as stored, as the decoder has it', async (_, image) => {
    const bytes = await image.toBuffer();
    const { width, height } = await sharp(bytes).metadata();
    expect(quickSize(bytes)).toEqual({ width, height });
    expect(quickSize(bytes)).toEqual({ width: 37, height: 21 });
  });

  test('thumbnails in a segment and fill bytes before a marker do not mislead it', async () => {
    const [large, small] = [await noise(40, 30).jpeg().toBuffer(), await noise(8, 6).jpeg().toBuffer()];
    // As cameras write it: a whole JPEG in APP1. Any number of 0xff may stand before a marker (ITU T.81,
    // B.1.1.2).
    const odd = Buffer.concat([
      large.subarray(0, 2),
      segment(0xe1, small),
      Buffer.from([0xff, 0xff]),
      large.subarray(2),
    ]);
    expect(await sharp(odd).metadata()).toMatchObject({ width: 40, height: 30 });
    expect(quickSize(odd)).toEqual({ width: 40, height: 30 });
  });

  test('a truncated header gives nothing, or the right size', async () => {
    for (const bytes of [await noise(37, 21).jpeg().toBuffer(), await noise(37, 21).png().toBuffer()])
      for (let end = 0; end < 700; end++)
        expect([undefined, { width: 37, height: 21 }]).toContainEqual(quickSize(bytes.subarray(0, end)));
  });

  test('gives nothing for other formats', async () => {
    for (const image of [noise(4, 4).webp(), noise(4, 4).tiff(), noise(4, 4).gif(), noise(4, 4).avif()])
      expect(quickSize(await image.toBuffer())).toBeUndefined();
  });

  test('never throws and always ends, whatever follows the first marker', () => {
    const property = fc.property(fc.uint8Array({ maxLength: 300 }), (rest) => {
      quickSize(Buffer.concat([Buffer.from([0xff, 0xd8, 0xff]), rest]));
    });
    fc.assert(property, { numRuns: 2000, seed: 7 });
  });
});

test('withAlpha: any number of pixels, also from an odd address', () => {
  for (let pixels = 0; pixels <= 13; pixels++) {
    for (let offset = 0; offset < 4; offset++) {
      const rgb = new Uint8Array(offset + 3 * pixels).map((_, i) => 255 - i).subarray(offset);
      const expected = Array.from({ length: pixels }, (_, p) => [
        ...rgb.subarray(3 * p, 3 * p + 3),
        255,
      ]).flat();
      expect([...withAlpha(rgb, pixels)]).toEqual(expected);
    }
  }
});

test('an opaque picture has RGB until somebody has its RGBA, which may be written to', async () => {
  const bytes = await noise(5, 3).png().toBuffer();
  const picture = (await decodePicture(bytes, 'a.png')) as OpaquePicture;
  expect(picture.rgb?.length).toBe(45);
  const untouched = preprocess(picture, defaultPreprocessing([8, 8], 3));
  picture.data.fill(0);
  expect(picture.rgb).toBeUndefined();
  expect(preprocess(picture, defaultPreprocessing([8, 8], 3)).tensor).not.toEqual(untouched.tensor);
  // Copies take what there is at the time, and only once.
  const copy = { ...((await decodePicture(bytes, 'a.png')) as OpaquePicture) };
  expect([copy.data.length, copy.rgb]).toEqual([60, undefined]);
});

test('a decoder that does not load ends the run; the picture is not at fault', async () => {
  const bytes = await noise(5, 3).png().toBuffer();
  vi.resetModules();
  vi.doMock('node:module', async (original) => ({
    ...(await original<typeof import('node:module')>()),
    createRequire: () => () => {
      throw new Error('Could not load the "sharp" module');
    },
  }));
  const fresh = await import('../../../src/node/inputs/decode.js');
  await expect(fresh.decodePicture(bytes, 'a.png')).rejects.toMatchObject({
    code: 'backend',
    message: expect.stringMatching(
      /^sharp: expected the package that decodes pictures, .* install onnx-cam again on this machine\.$/,
    ),
  });
  vi.doUnmock('node:module');
  vi.resetModules();
});

test('openPicture knows the pixels before anything is decoded, and decodes on request', async () => {
  const path = join(folder, 'a.jpg');
  writeFileSync(path, await noise(37, 21).withMetadata({ orientation: 6 }).jpeg().toBuffer());
  const opened = await openPicture({ path });
  expect(opened.pixels).toBe(37 * 21);
  expect(await opened.decode()).toMatchObject({ width: 21, height: 37 });
});

test('a header with a size that the decoder refuses has the decoder’s message', async () => {
  const bytes = await noise(8, 8).png().toBuffer();
  bytes[24] = 3; // bits per sample, of which there are 1, 2, 4, 8 and 16
  expect(quickSize(bytes)).toEqual({ width: 8, height: 8 });
  await expect(decodePicture(bytes, 'odd.png')).rejects.toThrow(/^odd\.png: expected a picture \(JPEG, PNG/);
  // A size beyond all bounds from a flipped bit: damage, not a large picture.
  const large = await noise(8, 8).png().toBuffer();
  large[16] = 0xff;
  await expect(decodePicture(large, 'large.png')).rejects.toThrow(
    /^large\.png: expected a picture \(JPEG, PNG/,
  );
  const path = join(folder, 'odd.png');
  writeFileSync(path, bytes);
  await expect(decodeInput({ path })).rejects.toMatchObject({ code: 'input' });
});
