import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runtimeNotice } from '../../../src/node/run/runtime-notice.js';
import { explain, folder, picture } from './explain-case.js';

test('a missing picture is named before any notice about the model, once; alone it is the only message', async () => {
  const path = join(folder, 'none.png');
  const failed = `onnx-cam: failed: ${path}: could not be read: no such file or folder (ENOENT).\n`;
  const both = await explain([path, await picture('a.png')]);
  expect([both.code, both.err.startsWith(failed), both.err.split(failed)]).toEqual([
    1,
    true,
    expect.any(Array),
  ]);
  expect(both.err.split(failed)).toHaveLength(2);
  expect(both.err).toContain('using the ImageNet convention');
  const alone = await explain([path]);
  expect([alone.code, alone.err]).toEqual([1, failed]);
  expect((await explain([path, '--quiet'])).err).toBe(failed);
  mkdirSync(join(folder, 'empty'));
  expect((await explain([join(folder, 'empty')])).err).toMatch(
    /^onnx-cam: failed: .*empty: expected pictures or tensors \([^)]*\), got none\.\n$/,
  );
  writeFileSync(join(folder, 'b.png'), 'no picture');
  expect((await explain([join(folder, 'b.png')])).err).toMatch(
    /using the ImageNet convention.*\n(.*\n)*onnx-cam: failed: .*b\.png/,
  );
});

test('onnxruntime-node is recommended where it is missing, unless the user chose', () => {
  expect(runtimeNotice('auto', 'onnxruntime-web wasm')).toEqual([
    'onnxruntime-node is not installed (or does not load here): the model runs on onnxruntime-web, several times slower. Run npm install onnxruntime-node; --runtime web hides this line.',
  ]);
  expect(runtimeNotice(undefined, 'onnxruntime-web wasm')).toHaveLength(1);
  expect(runtimeNotice('web', 'onnxruntime-web wasm')).toEqual([]);
  expect(runtimeNotice('auto', 'onnxruntime-node cpu')).toEqual([]);
});
