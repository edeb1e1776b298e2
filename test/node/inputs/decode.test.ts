import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { decodeFile, decodePicture } from '../../../src/node/inputs/decode.js';
import { encodePng, encodeThumbnail } from '../../../src/node/outputs/encode.js';
import { temporaryFolder } from '../folder.js';

const folder = temporaryFolder();

/** Raw samples as a sharp image. */
const raw = (values: readonly number[], width: number, height: number, channels: 1 | 2 | 3 | 4) =>
  sharp(Buffer.from(values), { raw: { width, height, channels } });

const pixels = ({ data }: { data: Uint8Array | Uint8ClampedArray }): number[][] =>
  Array.from({ length: data.length / 4 }, (_, p) => [...data.subarray(4 * p, 4 * p + 4)]);

const red = [255, 0, 0];
const green = [0, 255, 0];

describe('decodePicture', () => {
  test('other formats that the library knows are refused, whatever the name says', async () => {
    // An SVG may load other files and be of any size; a PPM is harmless but not promised.
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4"/>');
    await expect(decodePicture(svg, 'a.png')).rejects.toThrow(
      'a.png: expected a picture (JPEG, PNG, WebP, TIFF, GIF, AVIF), got SVG.',
    );
    await expect(decodePicture(Buffer.from('P6 1 1 255\nabc'), 'b.png')).rejects.toThrow(
      /^b\.png: expected a picture /,
    );
  });

  test('AVIF, a HEIF by its container, is one of them', async () => {
    const avif = await raw([...red, ...red], 2, 1, 3)
      .avif()
      .toBuffer();
    expect((await decodePicture(avif, 'a.avif')).width).toBe(2);
  });

  test('PNG with colours stays exact', async () => {
    const png = await raw([...red, ...green], 2, 1, 3)
      .png()
      .toBuffer();
    const picture = await decodePicture(png, 'a.png');
    expect([picture.width, picture.height]).toEqual([2, 1]);
    expect(pixels(picture)).toEqual([
      [...red, 255],
      [...green, 255],
    ]);
  });

  test('grey becomes RGB', async () => {
    const png = await raw([7, 200], 2, 1, 1).toColourspace('b-w').png().toBuffer();
    expect((await sharp(png).metadata()).channels).toBe(1);
    expect(pixels(await decodePicture(png, 'a.png'))).toEqual([
      [7, 7, 7, 255],
      [200, 200, 200, 255],
    ]);
  });

  test('grey with alpha, and alpha, keep their transparency', async () => {
    const greyAlpha = await raw([7, 0, 200, 128], 2, 1, 2).toColourspace('b-w').png().toBuffer();
    expect(pixels(await decodePicture(greyAlpha, 'a.png'))).toEqual([
      [7, 7, 7, 0],
      [200, 200, 200, 128],
    ]);
    const rgba = await raw([...red, 64, ...green, 255], 2, 1, 4)
      .png()
      .toBuffer();
    expect(pixels(await decodePicture(rgba, 'a.png'))).toEqual([
      [...red, 64],
      [...green, 255],
    ]);
  });

  test('16 bits become 8', async () => {
    const words = Uint16Array.from([0, 0x8080, 0xffff, 0xffff, 0x0101, 0x4040]);
    const png = await sharp(words, { raw: { width: 2, height: 1, channels: 3 } })
      .toColourspace('rgb16')
      .png()
      .toBuffer();
    expect((await sharp(png).metadata()).depth).toBe('ushort');
    expect(pixels(await decodePicture(png, 'a.png'))).toEqual([
      [0, 128, 255, 255],
      [255, 1, 64, 255],
    ]);
  });

  test('16-bit grey becomes 8-bit RGB', async () => {
    const words = Uint16Array.from([0x8080, 0xffff]);
    const png = await sharp(words, { raw: { width: 2, height: 1, channels: 1 } })
      .toColourspace('grey16')
      .png()
      .toBuffer();
    expect((await sharp(png).metadata()).depth).toBe('ushort');
    expect(pixels(await decodePicture(png, 'a.png'))).toEqual([
      [128, 128, 128, 255],
      [255, 255, 255, 255],
    ]);
  });

  test('CMYK becomes sRGB', async () => {
    const jpeg = await raw(Array.from({ length: 64 }, () => red).flat(), 8, 8, 3)
      .toColourspace('cmyk')
      .jpeg({ quality: 100 })
      .toBuffer();
    expect((await sharp(jpeg).metadata()).space).toBe('cmyk');
    const [r, g, b, a] = pixels(await decodePicture(jpeg, 'a.jpg'))[0];
    // The round trip through a printing space is not exact: clearly red is what can be asked.
    expect(r).toBeGreaterThan(200);
    expect(Math.max(g, b)).toBeLessThan(60);
    expect(a).toBe(255);
  });

  test.each([1, 2, 3, 4, 5, 6, 7, 8])('EXIF orientation %i is turned upright', async (orientation) => {
    // Upright: a 16 × 8 picture whose top left quarter is red. Stored (u, v) is this pixel of the upright
    // one:
    const upright: Record<number, (u: number, v: number) => [x: number, y: number]> = {
      1: (u, v) => [u, v],
      2: (u, v) => [15 - u, v],
      3: (u, v) => [15 - u, 7 - v],
      4: (u, v) => [u, 7 - v],
      5: (u, v) => [v, u],
      6: (u, v) => [15 - v, u],
      7: (u, v) => [15 - v, 7 - u],
      8: (u, v) => [v, 7 - u],
    };
    const [width, height] = orientation < 5 ? [16, 8] : [8, 16];
    const stored = Array.from({ length: 128 }, (_, i) => {
      const [x, y] = upright[orientation](i % width, Math.floor(i / width));
      return x < 8 && y < 4 ? red : green;
    });
    const jpeg = await raw(stored.flat(), width, height, 3)
      .withMetadata({ orientation })
      .jpeg({ quality: 100, chromaSubsampling: '4:4:4' })
      .toBuffer();
    const picture = await decodePicture(jpeg, 'a.jpg');
    expect([picture.width, picture.height]).toEqual([16, 8]);
    const redness = (x: number, y: number): boolean => picture.data[(y * 16 + x) * 4] > 128;
    expect([redness(2, 2), redness(13, 2), redness(2, 6), redness(13, 6)]).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });

  test('1 × 1, WebP, TIFF and the first frame of a GIF', async () => {
    const one = raw(red, 1, 1, 3);
    for (const bytes of [
      await one.clone().webp({ lossless: true }).toBuffer(),
      await one.clone().tiff({ compression: 'lzw' }).toBuffer(),
      await one.clone().gif().toBuffer(),
      await one.clone().png().toBuffer(),
    ]) {
      const picture = await decodePicture(bytes, 'one');
      expect([picture.width, picture.height, ...picture.data]).toEqual([1, 1, ...red, 255]);
    }
    const frames = await sharp(
      [await one.clone().png().toBuffer(), await raw(green, 1, 1, 3).png().toBuffer()],
      {
        join: { animated: true },
      },
    )
      .gif()
      .toBuffer();
    expect((await sharp(frames).metadata()).pages).toBe(2);
    expect(pixels(await decodePicture(frames, 'a.gif'))).toEqual([[...red, 255]]);
  });
});

/** A PNG header that claims a size, with almost no data behind it. */
function pngClaiming(width: number, height: number): Buffer {
  const table = Uint32Array.from({ length: 256 }, (_, n) => {
    let c = n;
    for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
    return c;
  });
  const chunk = (type: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(type), data]);
    let crc = 0xffffffff;
    for (const byte of body) crc = table[(crc ^ byte) & 255] ^ (crc >>> 8);
    const out = Buffer.alloc(8 + body.length);
    out.writeUInt32BE(data.length, 0);
    body.copy(out, 4);
    out.writeUInt32BE((crc ^ 0xffffffff) >>> 0, 4 + body.length);
    return out;
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 0, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.alloc(64))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

describe('pictures that cannot be used', () => {
  test('over 100 megapixels: refused by its header, with the reason', async () => {
    // 12000 × 9000 = 108 megapixels in 100 bytes: decoding it would fail otherwise, so the size is seen
    // first.
    await expect(decodePicture(pngClaiming(12000, 9000), 'huge.png')).rejects.toThrow(
      'huge.png: expected at most 100 megapixels (what fits in memory with its overlay), got 12000 × 9000 (108 megapixels). Make it smaller first.',
    );
  });

  test('empty', async () => {
    const path = join(folder, 'empty.jpg');
    writeFileSync(path, '');
    await expect(decodeFile(path)).rejects.toThrow(
      `${path}: expected a picture, got an empty file (0 bytes).`,
    );
  });

  test('no picture at all', async () => {
    const path = join(folder, 'text.jpg');
    writeFileSync(path, 'I am text');
    await expect(decodeFile(path)).rejects.toThrow(
      `${path}: expected a picture (JPEG, PNG, WebP, TIFF, GIF, AVIF): Input buffer contains unsupported image format.`,
    );
  });

  test.each([
    ['jpeg', /^cut\.img: the picture is damaged: /],
    ['png', /^cut\.img: the picture is damaged: /],
    // WebP states its length in the header, so that this is seen before decoding.
    ['webp', /^cut\.img: expected a picture \(.*\): Input buffer has corrupt header/],
  ] as const)('a truncated %s is an error, not half a picture', async (format, text) => {
    const noise = Array.from({ length: 64 * 64 * 3 }, (_, i) => (i * 7919 * (i % 31)) % 256);
    const whole = await raw(noise, 64, 64, 3).toFormat(format).toBuffer();
    const cut = whole.subarray(0, Math.floor(whole.length * 0.6));
    const failure = await decodePicture(cut, 'cut.img').catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'input', message: expect.stringMatching(text) });
  });

  test('missing, or a folder', async () => {
    await expect(decodeFile(join(folder, 'none.png'))).rejects.toThrow(
      'none.png: could not be read: no such file or folder (ENOENT).',
    );
    await expect(decodeFile(folder)).rejects.toThrow('could not be read: a folder (EISDIR).');
  });
});

test('a PNG comes back as it was, with its transparency where it has some', async () => {
  for (const alpha of [255, 40]) {
    const picture = { data: Uint8ClampedArray.of(1, 2, 3, alpha, 250, 251, 252, 255), width: 2, height: 1 };
    const bytes = await encodePng(picture);
    expect((await sharp(bytes).metadata()).hasAlpha).toBe(alpha !== 255);
    expect([...(await decodePicture(bytes, 'a.png')).data]).toEqual([...picture.data]);
  }
});

test('thumbnails keep the aspect, fit their side and never grow', async () => {
  const picture = { data: new Uint8Array(100 * 40 * 4).fill(9), width: 100, height: 40 };
  const size = async (side: number) => {
    const { width, height, format } = await sharp(await encodeThumbnail(picture, side)).metadata();
    return [width, height, format];
  };
  expect(await size(50)).toEqual([50, 20, 'jpeg']);
  expect(await size(500)).toEqual([100, 40, 'jpeg']);
});
