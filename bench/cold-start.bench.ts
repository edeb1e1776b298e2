// What a command costs from its start to its end, in CPU time of the process and of those that it starts. The
// reference is ONNX Runtime alone: a session of the same model and one pass. Commands are run in turn.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dataFolder, missing } from '../test/data.js';
import { publishFigure, publishTable } from './publish.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const ROUNDS = 15;

const model = join(dataFolder, 'models/mobilenet_v2_1.0_224.onnx');
const photograph = join(dataFolder, 'boxes/ilsvrc_val300/images/ILSVRC2012_val_00000347.JPEG');
const out = mkdtempSync(join(tmpdir(), 'onnx-cam-bench-'));
beforeAll(() => {
  execFileSync(process.execPath, ['scripts/build.mjs'], { cwd: root, stdio: 'inherit' });
});
afterAll(() => rmSync(out, { recursive: true, force: true }));

const session = `
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
const { InferenceSession, Tensor } = createRequire('${root}/package.json')('onnxruntime-node');
const session = await InferenceSession.create(readFileSync('${model}'));
const [name] = session.inputNames;
await session.run({ [name]: new Tensor('float32', new Float32Array(3 * 224 * 224), [1, 3, 224, 224]) });`;

const cli = join(root, 'dist/node/cli.js');
const explain = [
  cli,
  'explain',
  model,
  photograph,
  '--method',
  'grad-cam',
  '--out',
  out,
  '--force',
  '--quiet',
];
const commands = {
  node: ['-e', '0'],
  session: ['--input-type=module', '-e', session],
  help: [cli, '--help'],
  inspect: [cli, 'inspect', model],
  wasm: [...explain, '--backend', 'wasm'],
  auto: explain,
};

/** CPU seconds of a command and of the processes that it waited for. A shell tells them to a thousandth. */
function cpu(args: readonly string[]): number {
  const script = 'TIMEFORMAT="%3U %3S"; time "$@" >/dev/null 2>"$0"';
  const told = execFileSync('bash', ['-c', `{ ${script}; } 2>&1`, '/dev/null', process.execPath, ...args], {
    encoding: 'utf8',
  });
  const [user, system] = told.trim().split(' ').map(Number);
  expect(user + system).toBeGreaterThan(0);
  return user + system;
}

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1];

test.skipIf(missing(model) ?? missing(photograph))('commands from start to end', () => {
  const names = Object.keys(commands) as (keyof typeof commands)[];
  const samples = Object.fromEntries(names.map((name) => [name, [] as number[]]));
  for (let round = -1; round < ROUNDS; round++)
    for (const name of names) {
      const seconds = cpu(commands[name]);
      if (round >= 0) samples[name].push(seconds); // the first reads files that are not in memory yet
    }
  const time = Object.fromEntries(names.map((name) => [name, median(samples[name])]));
  const texts = {
    node: '`node -e 0`',
    session: 'onnxruntime-node alone: a session and one pass',
    help: '`onnx-cam --help`',
    inspect: '`onnx-cam inspect`',
    wasm: 'one photograph, Grad-CAM, `--backend wasm`',
    auto: 'the same with `--backend auto`',
  };
  publishTable(
    'cold-start',
    ['command', 'CPU s'],
    names.map((name) => [texts[name], time[name].toFixed(2)]),
  );
  publishFigure('cold-start-photograph', `+${(time.wasm - time.session).toFixed(2)} s`);
  publishFigure('cold-start-help', `${time.help.toFixed(2)} s`);
});
