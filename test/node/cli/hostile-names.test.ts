/** Names from files cannot forge a line of ours, nor drive a terminal. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CamError, errorText, printable } from '../../../src/errors.js';
import { inspectModel } from '../../../src/node/model/inspect-model.js';
import { model, node, weights } from '../../onnx/build.js';
import * as evaluated from '../evaluation/evaluate-case.js';
import { runProgram } from '../fake.js';
import { zipOf } from '../inputs/zip-bytes.js';
import { broken, explain, folder, out, picture, summary } from './explain-case.js';

const FORGED = 'x\nonnx-cam: failed: all.png: forged\r\x1b[2K\x9b31m\u2028\u202egnp';
const SHOWN = 'x\\nonnx-cam: failed: all.png: forged\\r\\x1b[2K\\x9b31m\\u2028\\u202egnp';

/** Whatever could drive a terminal, or begin a line. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are looked for
const CONTROL = /[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2028\u2029\u2066-\u2069]|^.*: forged$/m;

describe('texts', () => {
  test('control characters, line separators and marks of direction are escaped; other scripts stay', () => {
    expect(printable(FORGED)).toBe(SHOWN);
    expect(printable('\0\x07\x7f\u061c\u2066\ufeff')).toBe('\\x00\\x07\\x7f\\u061c\\u2066\\ufeff');
    expect(printable('Füchse 狐 ثعلب 🦊‍🔥 C:\\new')).toBe('Füchse 狐 ثعلب 🦊‍🔥 C:\\new');
  });

  test('the text of an error has at most 1,000 characters: head and tail, and is one line', () => {
    const name = `${'🦊\n'.repeat(100_000)}`;
    const { message } = new CamError('layer', `layer "${name}": expected another. Choose another layer.`);
    expect(message).toHaveLength(1000);
    expect(message).toMatch(/^layer "🦊\\n🦊\\n.* … .*": expected another\. Choose another layer\.$/u);
    expect(errorText(message)).toBe(message);
    const exact = 'a'.repeat(1000);
    expect(new CamError('model', exact).message).toBe(exact);
    expect(new CamError('model', `${exact}b`).message).toBe(`${'a'.repeat(697)} … ${'a'.repeat(299)}b`);
  });
});

describe('explain', () => {
  test('pictures, those that fail among them, labels, entries of archives, and the contact sheet', async () => {
    const odd = await picture(`${FORGED}.png`);
    broken(`broken ${FORGED}.png`);
    const entry = { name: `in the archive ${FORGED}.png`, data: readFileSync(odd) };
    const archive = join(folder, `z${FORGED}.zip`);
    writeFileSync(archive, zipOf([entry, { ...entry, name: `../${FORGED}.png` }]));
    const labels = join(folder, 'labels.json');
    writeFileSync(labels, JSON.stringify(['tench', `label ${FORGED}`, 'shark']));
    const args = ['--labels', labels, '--format', 'html', '--model', join(folder, `${FORGED}.onnx`)];
    writeFileSync(join(folder, `${FORGED}.onnx`), 'not looked into');
    const ran = await explain([...args, archive, folder]);
    expect(ran.code).toBe(1);
    for (const text of [ran.out, ran.err]) {
      expect(text).toContain(SHOWN);
      expect(text).not.toMatch(CONTROL);
    }
    expect(ran.out).toContain(`label ${SHOWN} (class 1), 75.0 %`);
    expect(ran.out).toContain(`in the archive ${SHOWN}.png`);
    expect(ran.err).toContain(`broken ${SHOWN}.png`);
    const sheet = readFileSync(join(out, 'index.html'), 'utf8');
    expect(sheet).toContain(SHOWN);
    expect(sheet).not.toMatch(CONTROL);
    // Programs get the names as they are.
    const entries = summary() as { input: string; label?: string }[];
    expect(entries.filter(({ input }) => input.includes(FORGED)).length).toBeGreaterThanOrEqual(4);
    expect(entries.some(({ label }) => label === `label ${FORGED}`)).toBe(true);
  });

  test('a path of 4,000 characters that fails is reported in a line of a thousand', async () => {
    const deep = join(folder, ...Array.from({ length: 16 }, () => 'd'.repeat(230)));
    mkdirSync(deep, { recursive: true });
    const path = join(deep, 'broken.png');
    writeFileSync(path, 'not a picture');
    const { code, err } = await explain([path]);
    expect(code).toBe(1);
    const [first] = err.split('\n').filter((line) => line.includes('failed: '));
    expect(first.length).toBeLessThanOrEqual(1000 + 'onnx-cam: failed: '.length);
    expect(first).toMatch(/^onnx-cam: failed: .* … .*d\/broken\.png: .*\.$/);
  });
});

describe('inspect', () => {
  const inspect = (path: string, ...more: string[]) =>
    runProgram(['inspect', path, ...more], { inspectModel });

  test('tensor names of a model; as JSON they are what they are', async () => {
    const layer = `layer ${FORGED}`;
    const bytes = model({
      inputs: { [`x${FORGED}`]: ['n', 3, 8, 8] },
      nodes: [
        node('Conv', [`x${FORGED}`, 'w'], [layer]),
        node('GlobalAveragePool', [layer], ['g']),
        node('Flatten', ['g'], ['logits']),
      ],
      outputs: { logits: ['n', 5] },
      initializers: { w: weights([5, 3, 1, 1]) },
    });
    const path = join(folder, `${FORGED}.onnx`);
    writeFileSync(path, bytes);
    const { code, out: text } = await inspect(path);
    expect(code).toBe(0);
    expect(text).toContain(`layer    layer ${SHOWN}\n`);
    expect(text).not.toMatch(CONTROL);
    const json = JSON.parse((await inspect(path, '--json')).out);
    expect(json).toMatchObject({ layer, inputs: [{ name: `x${FORGED}` }] });
  });

  test('lengths that are formulas are a question mark: no line fills the screen', async () => {
    const path = new URL('../../cases/long-symbolic-lengths/model.onnx', import.meta.url).pathname;
    const { out: text } = await inspect(path);
    expect(text).toContain(
      'because  "A" (Relu [batch, 8, ?, ?]) is the last feature map that the classifier consumes.',
    );
    expect(text).toContain('inputs   x float32 [batch, 3, height, width]');
    for (const line of text.split('\n').filter((one) => /Conv|Relu/.test(one)))
      expect(line.length).toBeLessThan(110);
    const json = JSON.parse((await inspect(path, '--json')).out);
    expect(json.layers.at(-1).shape[2]).toContain('(height - 1)//2');
  });
});

test('evaluate: pictures and labels, on the terminal and in the report', async () => {
  await evaluated.picture(`${FORGED}.png`, 90);
  writeFileSync(join(evaluated.folder, 'data', `broken ${FORGED}.png`), 'not a picture');
  const boxes = [[0, 0, 8, 8]];
  evaluated.annotate([
    { file: `${FORGED}.png`, label: 0, boxes },
    { file: `broken ${FORGED}.png`, label: 1, boxes },
  ]);
  const labels = join(evaluated.folder, 'labels.json');
  writeFileSync(labels, JSON.stringify([`first ${FORGED}`, `second ${FORGED}`, 'third']));
  const ran = await evaluated.evaluate(['--metrics', 'pointing-game', '--labels', labels]);
  expect(ran.code).toBe(1);
  expect(ran.err).toContain(`broken ${SHOWN}.png`);
  const report = readFileSync(join(evaluated.out, 'report.html'), 'utf8');
  expect(report).toContain(SHOWN);
  for (const text of [ran.out, ran.err, report]) expect(text).not.toMatch(CONTROL);
});
