import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { explain, labelled, out, picture, written } from './explain-case.js';

test('of all methods those are left out that the model cannot serve, with the reason; by name they are an error', async () => {
  const path = await picture('a.png');
  const unserved = { grad: 'no gradient here.', flat: 'no gradient here.' };
  const all = await explain([path, '--method', 'all', '--format', 'png,html'], { unserved });
  expect(all.code).toBe(0);
  expect(all.explainer?.options.unservable).toBe('skip');
  expect(all.err).toContain('onnx-cam: left out: grad, flat: no gradient here.\n');
  expect(written().filter((name) => name.endsWith('.png'))).toEqual(['a.mi-cam.png']);
  const sheet = readFileSync(join(out, 'index.html'), 'utf8');
  expect(sheet).toContain('mi-cam');
  expect(sheet).not.toContain('>grad<');
  const quiet = await explain([path, '--method', 'all', '--quiet'], { unserved });
  expect(quiet.err).toBe('');
  const named = await explain([path, '--method', 'grad']);
  expect(named.explainer?.options.unservable).toBe('error');
});

test('--augment and --eigen-smooth reach the explainer; without them nothing is requested', async () => {
  const path = await picture('a.png');
  const both = await explain([path, '--augment', '--eigen-smooth']);
  expect([both.explainer?.augmented, both.explainer?.options.eigenSmooth]).toEqual([[true], true]);
  const none = await explain([path]);
  expect([none.explainer?.augmented, none.explainer?.options.eigenSmooth]).toEqual([[false], undefined]);
});

test('the report states the time of each method', async () => {
  const { out: text } = await explain([await picture('a.png'), await picture('b.png'), '--method', 'all']);
  expect(text).toContain(
    'Milliseconds per map, without the passes that methods share: mi-cam 1.5, grad 1.5, flat 1.5.\n',
  );
});

test('the report states the three most probable classes', async () => {
  const { out: text } = await explain(['--target', '0', await picture('a.png'), ...labelled()]);
  expect(text).toContain(
    'a.png: tench (class 0), 75.0 %\n  most probable: goldfish 75.0 %, great white shark 20.0 %, tench 5.0 %\n',
  );
});
