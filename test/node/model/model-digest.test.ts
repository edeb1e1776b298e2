import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { digestModel } from '../../../src/node/model/model-digest.js';
import { parseModel, shareWeights } from '../../../src/onnx/index.js';
import { temporaryFolder } from '../folder.js';

const folder = temporaryFolder();

test('a model’s digest covers its file and its external data', async () => {
  const embedded = readFileSync(new URL('../../../models/birds.onnx', import.meta.url));
  const { bytes, externalData } = shareWeights(parseModel(embedded));
  const model = join(folder, 'm.onnx');
  const [{ path, data }] = externalData;
  const weights = join(folder, path);
  writeFileSync(model, bytes);
  writeFileSync(weights, data);
  const before = await digestModel(model);
  expect(await digestModel(model)).toBe(before);
  const other = Uint8Array.from(data);
  other[other.length >> 1] ^= 1;
  writeFileSync(weights, other);
  expect(await digestModel(model)).not.toBe(before);
  writeFileSync(weights, data);
  expect(await digestModel(model)).toBe(before);
});

test('a file that is not a model has a digest too, a file that cannot be read has none', async () => {
  const file = join(folder, 'text.onnx');
  writeFileSync(file, 'no model');
  expect(await digestModel(file)).toMatch(/^[0-9a-f]{16}$/);
  await expect(digestModel(join(folder, 'nowhere.onnx'))).rejects.toMatchObject({ code: 'model' });
});
