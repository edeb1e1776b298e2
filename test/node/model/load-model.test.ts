import { closeSync, ftruncateSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadModel } from '../../../src/node/model/load-model.js';
import { temporaryFolder } from '../folder.js';

const folder = temporaryFolder();
const model = join(folder, 'm.onnx');
writeFileSync(model, 'model');
mkdirSync(join(folder, 'weights'));
writeFileSync(join(folder, 'weights', 'a.bin'), 'aaa');
writeFileSync(join(folder, '..b.bin'), 'b');

/** A file of that many bytes that takes no space. */
function sparse(name: string, bytes: number): string {
  const path = join(folder, name);
  const file = openSync(path, 'w');
  ftruncateSync(file, bytes);
  closeSync(file);
  return path;
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

test('bytes, name and each external file once, by the location that the model gives', async () => {
  // "..b.bin" begins with two dots but does not leave the folder; the last two name one file.
  const locations = ['..b.bin', 'weights/a.bin', 'weights/a.bin'];
  const loaded = await loadModel(model, (bytes) => (text(bytes) === 'model' ? locations : []));
  expect([text(loaded.bytes), loaded.name]).toEqual(['model', model]);
  expect(loaded.externalData.map(({ path, data }) => [path, text(data)])).toEqual([
    ['..b.bin', 'b'],
    ['weights/a.bin', 'aaa'],
  ]);
});

test.each(['../secret', '/etc/passwd', 'weights/../../secret', '..'])(
  'external data at "%s" leave the folder: refused',
  async (location) => {
    await expect(loadModel(model, () => [location])).rejects.toThrow(
      `${model}: expected external data inside the model's folder, got "${location}", which leads out of it. Move the data there, or do not trust this model.`,
    );
  },
);

test('2 GiB or more, in the model or beside it', async () => {
  const huge = sparse('huge.onnx', 2 ** 31);
  await expect(loadModel(huge, () => [])).rejects.toThrow(
    `${huge}: expected a model of less than 2 GiB, got 2.0 GiB. Keep its weights as external data (onnx.save with save_as_external_data).`,
  );
  sparse('huge.bin', 2 ** 31 + 2 ** 30);
  await expect(loadModel(model, () => ['huge.bin'])).rejects.toThrow(
    `${join(folder, 'huge.bin')}: expected external data of less than 2 GiB, got 3.0 GiB. Split it into several files.`,
  );
});

test('missing files are named', async () => {
  await expect(loadModel(join(folder, 'none.onnx'), () => [])).rejects.toThrow(
    `${join(folder, 'none.onnx')}: could not be read: no such file or folder (ENOENT).`,
  );
  const failure = await loadModel(model, () => ['gone.bin']).catch((error: unknown) => error);
  expect(failure).toMatchObject({
    code: 'model',
    message: `${model}: its external data: ${join(folder, 'gone.bin')}: could not be read: no such file or folder (ENOENT). Keep it beside the model.`,
  });
});
