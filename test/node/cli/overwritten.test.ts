import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { methods } from '../../../src/methods/index.js';
import { evaluate, folder, out, written } from '../evaluation/evaluate-case.js';
import { runProgram } from '../fake.js';

const cheap = ['--metrics', 'average-drop'];

describe('evaluate', () => {
  test.each(['results.json', 'results.csv', 'report.html', 'journal.jsonl'])(
    'refuses a %s of the user before the first write, and --force replaces it',
    async (name) => {
      mkdirSync(out);
      writeFileSync(join(out, name), '{"mine":1}\n');
      for (const options of [cheap, [...cheap, '--restart']]) {
        const { code, err } = await evaluate(options);
        expect(code).toBe(2);
        expect(err).toContain(name);
        expect(err).toContain('--force');
        expect(written(name)).toBe('{"mine":1}\n');
      }
      expect(existsSync(join(out, '.onnx-cam.files'))).toBe(false);
      expect((await evaluate([...cheap, '--force'])).code).toBe(0);
      expect(written(name)).not.toContain('mine');
      expect((await evaluate(cheap)).code).toBe(0);
      expect((await evaluate([...cheap, '--restart'])).code).toBe(0);
    },
  );

  test('a journal of the user without a newline is one too', async () => {
    mkdirSync(out);
    writeFileSync(join(out, 'journal.jsonl'), 'dear diary');
    expect((await evaluate(cheap)).code).toBe(2);
    expect(written('journal.jsonl')).toBe('dear diary');
  });
});

describe('bench --json', () => {
  const birds = fileURLToPath(new URL('../../../models/birds.onnx', import.meta.url));
  const bench = (...args: string[]) =>
    runProgram(['bench', '--backend', 'wasm', '--seconds', '0.001', '--kernel', 'relu', ...args], {
      methods,
      bundledModel: birds,
    });

  test('replaces a report, and nothing else without --force', async () => {
    const path = join(folder, 'bench.json');
    expect((await bench('--json', path)).code).toBe(0);
    expect((await bench('--json', path)).code).toBe(0);
    writeFileSync(path, '{"mine":1}');
    const { code, err, out: told } = await bench('--json', path);
    expect([code, told]).toEqual([2, '']);
    expect(err).toBe(
      `onnx-cam: --json: expected a name that is free or an earlier report, got "${path}", which onnx-cam bench did not write. Choose another, or replace it with --force.\n`,
    );
    expect(readFileSync(path, 'utf8')).toBe('{"mine":1}');
    expect((await bench('--json', path, '--force')).code).toBe(0);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toHaveProperty('rows');
  });
});
