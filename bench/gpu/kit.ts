// The program of the kit's `run.sh`: checks every kernel on the machine's GPU, times them with the GPU's own
// clock, and writes result.json.
//   node kit.js result.json [--quick]
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { create, globals } from 'webgpu';
import type { Backend, Tensor } from '../../src/backends/backend.js';
import { openGpu } from '../../src/backends/gpu-device.js';
import { openWasm } from '../../src/backends/wasm.js';
import { openWebGpu } from '../../src/backends/webgpu.js';
import { opsOn } from '../../src/kernels/ops.js';
import { difference } from '../../src/node/bench/answer.js';
import { kernelCases } from '../../src/node/bench/kernels.js';
import { activationsOf, grayPictures, upload } from '../../src/node/bench/tensors.js';
import { atomicAdds } from './atomics.js';
import { timed } from './timed-device.js';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: 'boolean', default: false } },
});
const [resultFile = 'result.json'] = positionals;
const { quick } = values;

// Exact timestamps of the GPU: a page gets them rounded to 65 µs.
Object.assign(globalThis, globals);
const dawn = create(['disable-dawn-features=timestamp_quantization']);
Object.defineProperty(globalThis, 'navigator', { value: { gpu: dawn }, configurable: true });

const plain = await openGpu();
if (!plain.device.features.has('timestamp-query')) throw new Error(`${plain.adapter}: no timestamp queries`);
const gpu = timed(plain);
const backend = openWebGpu(gpu);
const cpu = await openWasm();
const { software } = gpu;
console.log(`${gpu.adapter}${software ? ' (software: what it takes says nothing of GPUs)' : ''}\n`);

interface Timing {
  /** GPU time of one call, median of samples. */
  readonly microseconds: number;
  readonly dispatches: number;
  /** Time that the host waits per call, for consecutive calls. */
  readonly wallMicroseconds: number;
}

const median = (numbers: number[]): number => numbers.sort((a, b) => a - b)[numbers.length >> 1];

// An idle GPU lowers its clock and takes seconds to raise it. The rate of additions to counters reveals the
// clock. Samples are taken once the rate is the fastest seen, or after WAITING milliseconds at the current
// rate.
const adds = atomicAdds(gpu.device, software ? 4 : 8192);
const WAITING = quick ? 2000 : 4000;
let fastest = 0;
async function additionsPerSecond(milliseconds: number): Promise<number> {
  let rate = 0;
  const start = performance.now();
  do {
    adds.submit();
    rate = (adds.count * 1e6) / (await gpu.take()).microseconds;
    fastest = Math.max(fastest, rate);
  } while (performance.now() - start < milliseconds);
  return rate;
}
async function atFullClock(): Promise<number> {
  let rate = await additionsPerSecond(software ? 0 : 10);
  for (const start = performance.now(); rate < 0.95 * fastest && performance.now() - start < WAITING; )
    rate = await additionsPerSecond(10);
  return rate;
}

interface Sample extends Timing {
  /** Additions to counters per second, measured before and after: the lower rate. */
  readonly atomicsPerSecond: number;
}

async function time(call: () => Tensor): Promise<Sample> {
  const sample = async (calls: number): Promise<Sample> => {
    const before = await atFullClock();
    const start = performance.now();
    for (let i = 1; i < calls; i++) backend.release(call());
    const last = call();
    backend.bufferOf(last); // submits; reading a large result would take longer than the kernel
    await gpu.device.queue.onSubmittedWorkDone();
    const wallMicroseconds = ((performance.now() - start) * 1000) / calls;
    backend.release(last);
    const { microseconds, dispatches } = await gpu.take();
    return {
      microseconds: microseconds / calls,
      dispatches: dispatches / calls,
      wallMicroseconds,
      atomicsPerSecond: Math.min(before, software ? before : await additionsPerSecond(0)),
    };
  };
  const first = await sample(1);
  if (software) return first;
  const target = quick ? 20_000 : 60_000; // microseconds of a sample
  const calls = Math.max(1, Math.min(1000, Math.ceil(target / Math.max(first.wallMicroseconds, 20))));
  await sample(calls);
  const samples: Sample[] = [];
  for (let i = 0; i < (quick ? 5 : 9); i++) samples.push(await sample(calls));
  const of = (value: keyof Sample): number => median(samples.map((one) => one[value]));
  return {
    microseconds: of('microseconds'),
    dispatches: of('dispatches'),
    wallMicroseconds: of('wallMicroseconds'),
    atomicsPerSecond: of('atomicsPerSecond'),
  };
}

async function answer(on: Backend, call: () => Tensor): Promise<ArrayLike<number>> {
  const result = call();
  const numbers = await on.read(result);
  on.release(result);
  return numbers;
}

const rounded = (timing: Sample) =>
  Object.fromEntries(Object.entries(timing).map(([name, value]) => [name, Number(value.toPrecision(4))]));

if (!software) await additionsPerSecond(5000);
let [passed, failed] = [0, 0];
const rows: object[] = [];
function print(row: { name: string; size: string; wrong?: string }, timing?: Sample): void {
  if (row.wrong === undefined) passed++;
  else failed++;
  rows.push({ ...row, right: row.wrong === undefined, ...(timing && rounded(timing)) });
  const outcome = timing ? `${timing.microseconds.toFixed(1).padStart(10)} µs` : `  WRONG: ${row.wrong}`;
  console.log(`${row.name.padEnd(24)} ${row.size.padEnd(48)} ${outcome}`);
}

for (const { kernel, size, bound, eitherSign, quick: isQuick, makeInputs } of kernelCases) {
  if ((quick || software) && !isQuick) continue;
  const prepared = makeInputs();
  const [here, there] = [prepared.on(backend), prepared.on(cpu)];
  const row = { name: kernel, size };
  try {
    const got = await answer(backend, here.call);
    const wrong =
      difference(got, prepared.plain(), bound, eitherSign) ??
      difference(got, await answer(cpu, there.call), bound, eitherSign);
    await gpu.take();
    if (wrong === undefined) print(row, await time(here.call));
    else print({ ...row, wrong });
  } catch (error) {
    print({ ...row, wrong: String(error) });
  } finally {
    here.release();
    there.release();
  }
}

/** Mutual information by batch: `samplesPerSecond` of all its dispatches. */
async function information(channels: number, side: number, bins: 64 | 256, batch: number) {
  const SIDE = software ? 56 : 224;
  const made = {
    activations: activationsOf([batch, channels, side, side], 1),
    gray: grayPictures([batch, SIDE, SIDE], 2),
  };
  const { activations, gray } = upload(backend, made);
  const call = () => opsOn(backend).mutualInformation(activations, gray, { bins });
  // The first pictures are checked against WebAssembly: counts are the same on every backend.
  const some = Math.min(batch, 2);
  const host = upload(cpu, {
    activations: {
      ...made.activations,
      data: made.activations.data.subarray(0, some * channels * side * side),
      shape: [some, channels, side, side] as const,
    },
    gray: {
      ...made.gray,
      data: made.gray.data.subarray(0, some * SIDE * SIDE),
      shape: [some, SIDE, SIDE] as const,
    },
  });
  const want = await answer(cpu, () => opsOn(cpu).mutualInformation(host.activations, host.gray, { bins }));
  const got = Array.from(await answer(backend, call)).slice(0, want.length);
  const wrong = difference(got, want, 1e-6);
  await gpu.take();
  const row = {
    name: 'mutualInformation',
    size: `batch ${batch}, ${channels}×${side}×${side} → ${SIDE}×${SIDE}, ${bins} bins`,
    wrong,
  };
  const timing = wrong === undefined ? await time(call) : undefined;
  print(row, timing);
  for (const tensor of [activations, gray]) backend.release(tensor);
  for (const tensor of Object.values(host)) cpu.release(tensor);
  const samplesPerSecond = timing && (batch * channels * SIDE * SIDE * 1e6) / timing.microseconds;
  const share = timing && samplesPerSecond && samplesPerSecond / timing.atomicsPerSecond;
  return { channels, side, bins, batch, samplesPerSecond, atomicShare: share };
}

console.log();
const [VGG, RESNET] = software
  ? ([
      [8, 4],
      [8, 7],
    ] as const)
  : ([
      [512, 14],
      [2048, 7],
    ] as const);
const batches = software ? [1] : quick ? [1, 64] : [1, 16, 64];
const throughput: Awaited<ReturnType<typeof information>>[] = [];
for (const [channels, side] of quick ? [VGG] : [VGG, RESNET])
  for (const bins of quick ? ([64] as const) : ([64, 256] as const))
    for (const batch of batches) throughput.push(await information(channels, side, bins, batch));
const best = throughput.find(
  ({ channels, bins, batch }) => channels === VGG[0] && bins === 64 && batch === batches.at(-1),
);

const samplesPerSecond = best?.samplesPerSecond ?? 0;
const result = {
  adapter: gpu.adapter,
  date: new Date().toISOString(),
  checks: { passed, failed },
  samplesPerSecond,
  atomicsPerSecond: fastest,
  atomicShare: best?.atomicShare ?? 0,
  mutualInformation: throughput,
  rows,
};
writeFileSync(resultFile, `${JSON.stringify(result, null, 1)}\n`);
console.log(`
mutual information, 64 bins: ${(samplesPerSecond / 1e9).toPrecision(4)} G samples/s, ${(100 * result.atomicShare).toFixed(1)} % of the rate of additions, at best ${(fastest / 1e9).toPrecision(4)} G/s
${passed} of ${passed + failed} checks right`);
backend.dispose();
gpu.device.destroy();
process.exit(failed > 0 ? 1 : 0);
