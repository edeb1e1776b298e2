import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { Budget } from '../../../src/node/files/budget.js';
import { decodeFile, decodeInput, openPicture } from '../../../src/node/inputs/decode.js';
import { temporaryFolder } from '../folder.js';
import { failures, inputsOf, pictures, png, tarOf } from './archive-case.js';
import { zipOf } from './zip-bytes.js';

const folder = temporaryFolder();
const path = (name: string): string => join(folder, name);
const MB = 2 ** 20;

/** Points the directory's records of all entries at the first one's data. */
function overlapped(zip: Buffer): Buffer {
  const copy = Buffer.from(zip);
  for (
    let at = copy.indexOf('PK\x01\x02', 'latin1');
    at >= 0;
    at = copy.indexOf('PK\x01\x02', at + 4, 'latin1')
  )
    copy.writeUInt32LE(0, at + 42);
  return copy;
}

/** The most memory that the process took while `work` ran, above what it had before. */
async function grown(work: () => Promise<unknown>): Promise<number> {
  const before = process.memoryUsage.rss();
  let most = before;
  const look = setInterval(() => {
    most = Math.max(most, process.memoryUsage.rss());
  }, 5);
  await work();
  clearInterval(look);
  return Math.max(most, process.memoryUsage.rss()) - before;
}

describe('zip bombs', () => {
  test('entries that share their data are refused, but for the last', async () => {
    const data = await png(1);
    const names = Array.from({ length: 24 }, (_, i) => `${String(i).padStart(2, '0')}.png`);
    const zip = overlapped(zipOf(names.map((name) => ({ name, data, method: 8 }))));
    const inputs = await inputsOf(path('overlapping.zip'), zip);
    expect(pictures(inputs)).toHaveLength(1);
    expect(failures(inputs)).toHaveLength(23);
    for (const { error } of failures(inputs))
      expect(error).toContain('could not be read: its data overlap those of another entry (a zip bomb?).');
  });

  test('sizes that cannot be are refused by the directory alone', async () => {
    const data = await png(2);
    const inputs = await inputsOf(
      path('sizes.zip'),
      zipOf([
        { name: 'a.png', data, size: data.length + 1 },
        { name: 'b.png', data: Buffer.alloc(1000), method: 8, size: MB },
        { name: 'c.png', data, method: 8 },
      ]),
    );
    expect(pictures(inputs)).toMatchObject([{ stem: 'sizes/c' }]);
    expect(failures(inputs).map(({ error }) => error)).toEqual([
      expect.stringMatching(
        /a\.png: could not be read: its \d+ bytes cannot become the \d+ that it states\.$/,
      ),
      expect.stringMatching(
        /b\.png: could not be read: its \d+ bytes cannot become the 1048576 that it states\.$/,
      ),
    ]);
  });

  test('an entry that is not a picture is recognised by its first bytes, and inflated no further', async () => {
    const data = Buffer.alloc(32 * MB);
    const zip = zipOf(Array.from({ length: 2 }, (_, i) => ({ name: `${i}.png`, data, method: 8 })));
    expect(zip.length).toBeLessThan(MB / 4);
    const inputs = pictures(await inputsOf(path('zeros.zip'), zip));
    const growth = await grown(async () => {
      const read = await Promise.allSettled(Array.from({ length: 24 }, (_, i) => openPicture(inputs[i % 2])));
      for (const one of read) expect(one).toMatchObject({ reason: { code: 'input' } });
    });
    expect(growth).toBeLessThan(64 * MB);
  });

  test('large pictures are inflated one at a time', async () => {
    const data = Buffer.concat([(await png(3)).subarray(0, 60), Buffer.alloc(64 * MB)]);
    const inputs = pictures(await inputsOf(path('tails.zip'), zipOf([{ name: 'a.png', data, method: 8 }])));
    const growth = await grown(async () => {
      const read = await Promise.allSettled(Array.from({ length: 5 }, () => decodeInput(inputs[0])));
      for (const one of read) expect(one).toMatchObject({ reason: { code: 'input' } });
    });
    // One of 64 MiB, what lies behind it until the garbage is collected, and libvips' own.
    expect(growth).toBeLessThan(240 * MB);
  });

  test('more than 100 megapixels are refused before more than the header is inflated', async () => {
    const header = Buffer.from((await png(4)).subarray(0, 64));
    header.writeUInt32BE(20_000, 16);
    header.writeUInt32BE(20_000, 20);
    const data = Buffer.concat([header, Buffer.alloc(2 * MB)]);
    const inputs = pictures(await inputsOf(path('wide.zip'), zipOf([{ name: 'a.png', data, method: 8 }])));
    await expect(openPicture(inputs[0])).rejects.toMatchObject({ code: 'input' });
  });

  test('archives in archives are not opened', async () => {
    const inner = zipOf([{ name: 'a.png', data: await png(5) }]);
    const inputs = await inputsOf(
      path('outer.zip'),
      zipOf([
        { name: 'inner.zip', data: inner },
        { name: 'b.png', data: await png(6) },
      ]),
    );
    expect(pictures(inputs).map(({ stem }) => stem)).toEqual(['outer/b']);
    expect(failures(inputs)).toEqual([]);
  });
});

describe('pictures of more than a megabyte', () => {
  const noise = (): Buffer => {
    let state = 1;
    return Buffer.from(
      Uint8Array.from({ length: 3 * 640 * 600 }, () => {
        state = (Math.imul(state, 1103515245) + 12345) >>> 0;
        return state >>> 24;
      }),
    );
  };
  const image = () => sharp(noise(), { raw: { width: 640, height: 600, channels: 3 } });

  test('are decoded from files and from archives, whatever their kind', async () => {
    const kinds: readonly (readonly [string, Promise<Buffer>])[] = [
      ['a.png', image().png().toBuffer()],
      ['b.tif', image().tiff({ compression: 'none' }).toBuffer()], // its directory stands at the end
      ['c.webp', image().webp({ lossless: true, effort: 0 }).toBuffer()],
    ];
    for (const [name, made] of kinds) {
      const data = await made;
      expect(data.length).toBeGreaterThan(MB);
      writeFileSync(path(name), data);
      const stored = pictures(await inputsOf(path(`${name}.stored.zip`), zipOf([{ name, data }])));
      const deflated = pictures(await inputsOf(path(`${name}.zip`), zipOf([{ name, data, method: 8 }])));
      const tar = pictures(await inputsOf(path(`${name}.tar`), await tarOf([{ name, data }])));
      for (const input of [{ path: path(name) }, ...stored, ...deflated, ...tar]) {
        const opened = await openPicture(input);
        expect(opened.pixels).toBe(384_000);
        const { data: pixels } = await opened.decode();
        expect([...pixels.subarray(0, 3)]).toEqual([...noise().subarray(0, 3)]);
      }
    }
  });

  test('with damage behind their beginning are refused as smaller ones are', async () => {
    const data = await image().png().toBuffer();
    const cut = data.subarray(0, data.length - 50_000);
    writeFileSync(path('cut.png'), cut);
    await expect(decodeFile(path('cut.png'))).rejects.toThrow('cut.png: the picture is damaged');
    const inputs = pictures(
      await inputsOf(path('crc.zip'), zipOf([{ name: 'a.png', data, method: 8, crc: 7 }])),
    );
    await expect(decodeInput(inputs[0])).rejects.toThrow(
      'a.png: could not be read: the entry is damaged: its checksum (CRC-32) differs.',
    );
    const stored = deflateRawSync(data);
    const broken = zipOf([{ name: 'a.png', data, method: 8 }]);
    broken.fill(0xff, 30 + 5, 30 + 5 + stored.length);
    const [input] = pictures(await inputsOf(path('broken.zip'), broken));
    await expect(openPicture(input)).rejects.toThrow('the entry is damaged');
  });
});

test('a budget admits what fits, in order, and what never fits alone', async () => {
  const budget = new Budget(10);
  const log: string[] = [];
  let held = 0;
  const spend = (amount: number) =>
    budget.spend(amount, async () => {
      held += amount;
      log.push(`${amount}:${held}`);
      await new Promise((resolve) => setTimeout(resolve, 1));
      held -= amount;
      if (amount === 4) throw new Error('four');
      return amount;
    });
  const ends = await Promise.allSettled([6, 4, 25, 1, 9, 3].map(spend));
  expect(ends.map((end) => (end.status === 'fulfilled' ? end.value : end.reason.message))).toEqual([
    6,
    'four',
    25,
    1,
    9,
    3,
  ]);
  expect(log).toEqual(['6:6', '4:10', '25:25', '1:1', '9:10', expect.stringMatching(/^3:/)]);
});
