// The mutual-information kernel on one and on two worker threads, each with its own WebAssembly instance and
// picture. CPU time per picture, medians of rounds in turn: two free cores give twice the rate, less what the
// threads cost each other. Elapsed time, of the fastest round, is what these cores achieved beside their
// other work.
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { openWasm } from '../src/backends/wasm.js';
import { wasmBytes } from '../src/generated/wasm.js';
import { arrangeGray } from '../src/kernels/arrange-gray.js';
import { entropyIntegers } from '../src/kernels/composed/entropy-table.js';
import { mutualInformation } from '../src/kernels/mutual-information.js';
import { quantizeLayer as quantized } from '../src/reference/quantize-layer.js';
import { grayImages } from '../test/layers.js';
import { activationLike } from '../test/random.js';
import { inTurn } from './in-turn.js';
import { publishFigure } from './publish.js';

const SHAPE = [1, 512, 14, 14] as const;
const BINS = 64;
const SIZE = [224, 224] as const;
const CALLS = 20;
const ROUNDS = 15;

const program = `
const { parentPort, workerData } = require('node:worker_threads');
const { bytes, uniforms, inputs, length } = workerData;
WebAssembly.instantiate(bytes, {}).then(({ instance: { exports } }) => {
  const pointers = inputs.map((data) => {
    const at = exports.alloc(data.byteLength) >>> 0;
    new Uint8Array(exports.memory.buffer, at, data.byteLength).set(new Uint8Array(data.buffer));
    return at;
  });
  const answer = exports.alloc(4 * length) >>> 0;
  parentPort.on('message', (calls) => {
    for (let i = 0; i < calls; i++) exports.mutualInformation(...uniforms, ...pointers, answer);
    parentPort.postMessage(new Float32Array(exports.memory.buffer, answer, length).slice());
  });
  parentPort.postMessage(null);
});`;

test('two workers against one', async () => {
  const gray = grayImages(1, ...SIZE);
  const grayCounts = new Uint32Array(BINS);
  for (const level of gray) grayCounts[level >> 2]++;
  const { q } = quantized(activationLike(512 * 196, 1, 0.5), SHAPE, SIZE);
  const table = entropyIntegers(gray.length, BINS);
  const backend = await openWasm();
  const image = backend.upload(gray, [1, ...SIZE], 'uint32');
  const arranged = backend.run(arrangeGray, { gray: image }, { bins: BINS, width: SHAPE[3] });
  const options = { bins: BINS, size: SIZE, unit: Math.log(BINS) / (2 ** 32 - 2 ** 17) } as const;
  const shapes = { q: SHAPE, arranged: arranged.shape, grayCounts: [1, BINS], table: [table.length] };
  const { params } = mutualInformation.plan(shapes, options);
  const workerData = {
    bytes: await wasmBytes(),
    uniforms: mutualInformation.shader.params.map(({ name }) => params[name]),
    inputs: [q, await backend.read(arranged), grayCounts, table],
    length: 512,
  };
  const workers = [0, 1].map(() => new Worker(program, { eval: true, workerData }));
  const answer = (worker: Worker) => new Promise<Float32Array>((done) => worker.once('message', done));
  await Promise.all(workers.map(answer));
  const best = [0, 1].map(() => Number.POSITIVE_INFINITY);
  const run = (count: 1 | 2) => async () => {
    const busy = workers.slice(0, count);
    const start = performance.now();
    const answers = busy.map(answer);
    for (const worker of busy) worker.postMessage(CALLS);
    const [first, ...others] = await Promise.all(answers);
    best[count - 1] = Math.min(best[count - 1], (performance.now() - start) / count);
    for (const other of others) expect(other).toEqual(first);
  };
  const times = await inTurn({ one: run(1), two: run(2) }, ROUNDS);
  await Promise.all(workers.map((worker) => worker.terminate()));
  const [one, two] = [times.one / CALLS, times.two / CALLS / 2];
  console.log(
    `mutualInformation ${SHAPE.join('×')}: CPU time a picture ${one.toFixed(1)} ms with one worker, ${two.toFixed(1)} ms with two: × ${((2 * one) / two).toFixed(2)} on free cores (goal 1.8); elapsed × ${(best[0] / best[1]).toFixed(2)}`,
  );
  publishFigure('workers', `${((2 * one) / two).toFixed(2)} ×`);
});
