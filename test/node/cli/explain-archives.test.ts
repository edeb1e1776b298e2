import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { png, tarOf } from '../inputs/archive-case.js';
import { zipOf } from '../inputs/zip-bytes.js';
import { explain, folder, out, summary, written } from './explain-case.js';

test('archives, a pattern and a list: results mirror folders, the summary names each picture, nothing else is written', async () => {
  const data = await png(200, 40, 10);
  const zip = join(folder, 'photos.zip');
  writeFileSync(
    zip,
    zipOf([
      { name: 'trip/a.png', data, method: 8 },
      { name: '../evil.png', data },
      { name: 'broken.png', data: Buffer.from('no picture') },
    ]),
  );
  const tar = join(folder, 'more.tar');
  writeFileSync(tar, await tarOf([{ name: 'b.png', data }]));
  writeFileSync(join(folder, 'c1.png'), data);
  const before = readdirSync(folder);
  const { code, err } = await explain(['--batch', '2', zip, tar, join(folder, 'c?.png')]);
  expect(code).toBe(1);
  expect(summary()).toMatchObject([
    { input: `${zip}/trip/a.png`, outputs: ['photos/trip/a.mi-cam.png'] },
    {
      input: `${zip}/../evil.png`,
      error: `${zip}/../evil.png: expected a name that lies in the archive (results go where it says), got one with "..".`,
    },
    { input: `${zip}/broken.png`, error: expect.stringMatching(/broken\.png: expected a picture/) },
    { input: `${tar}/b.png`, outputs: ['more/b.mi-cam.png'] },
    { input: join(folder, 'c1.png'), outputs: ['c1.mi-cam.png'] },
  ]);
  expect(err).toContain('broken.png: expected a picture');
  expect(written()).toEqual(
    expect.arrayContaining([
      'c1.mi-cam.png',
      'more/b.mi-cam.png',
      'photos/trip/a.mi-cam.png',
      'summary.json',
    ]),
  );
  // Nothing beside --out, whatever an entry's name says.
  expect(readdirSync(folder).sort()).toEqual([...before, 'out'].sort());
  expect(existsSync(join(folder, '..', 'evil.mi-cam.png'))).toBe(false);
  const shown = readFileSync(join(out, 'photos/trip/a.mi-cam.png'));
  expect(shown.subarray(1, 4).toString()).toBe('PNG');
});
