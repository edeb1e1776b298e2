import { readFileSync } from 'node:fs';
import { test } from 'vitest';
import { methods } from '../../../src/index.js';
import { readNpy } from '../../../src/node/npy.js';
import { bake } from '../../../src/onnx/bake.js';
import { parseModel } from '../../../src/onnx/read.js';
import { exposeOutputs } from '../../../src/onnx/index.js';
import { familyPath } from '../../data.js';
import { runModel, toFloats } from '../gradients/run.js';
import { explained } from './baked.js';

test('w', async () => {
  const bytes = readFileSync(familyPath('densenet', 'model.onnx'));
  const images = await readNpy(familyPath('densenet', 'input.npy'));
  const model = parseModel(bytes, 'd');
  const want = await explained(bytes, [methods['mi-cam']()], images);
  const baked = bake(model, { method: 'mi-cam' });
  const m = parseModel(baked.bytes);
  const scan = m.graph.nodes.find((n) => n.opType === 'Scan')!;
  const out = await runModel({ bytes: exposeOutputs(m, [scan.outputs[0], '/m/Relu_output_0']) }, { image: images }, [scan.outputs[0], '/m/Relu_output_0']);
  const got = toFloats(out[scan.outputs[0]]); const act = toFloats(out['/m/Relu_output_0']);
  console.log(out[scan.outputs[0]].shape);
  for (let n = 0; n < 3; n++) for (let k = 0; k < 36; k++) {
    const w = want[n].maps['mi-cam'].weights![k], g = got[n * 36 + k];
    if (Math.abs(w - g) > 1e-3) console.log(n, k, w, g, [...act.slice((n * 36 + k) * 16, (n * 36 + k + 1) * 16)].map((v) => v.toPrecision(8)).join(' '));
  }
});
import { floatCounts, information } from '../../reference/mutual-information.js';
import { grayOfTensor } from '../../../src/image/gray.js';
test('ref', async () => {
  const bytes = readFileSync(familyPath('densenet', 'model.onnx'));
  const images = await readNpy(familyPath('densenet', 'input.npy'));
  const one = { data: images.data.slice(0, 3 * 128 * 128), shape: [3, 128, 128] };
  const gray = grayOfTensor(one);
  const out = await runModel({ bytes: exposeOutputs(parseModel(bytes), ['/m/Relu_output_0']) }, { image: images }, ['/m/Relu_output_0']);
  const act = toFloats(out['/m/Relu_output_0']).slice(10 * 16, 11 * 16);
  console.log('reference', information(floatCounts(act, [4, 4], gray, [128, 128], 64), 64));
  // float64 plus tiny shifts
  for (const e of [1e-9, -1e-9, 3e-5, -3e-5]) { const moved = Float64Array.from(act); console.log(e, information(floatCounts2(moved, gray, e), 64)); }
});
import { axis, sumAt } from '../../reference/quantize-layer.js';
function floatCounts2(a: ArrayLike<number>, gray: ArrayLike<number>, e: number) {
  const [ys, xs] = [axis(4, 128), axis(4, 128)];
  const u = ys.flatMap((y) => xs.map((x) => sumAt(a, 4, y, x) / (y.D * x.D)));
  const lo = Math.min(...u), hi = Math.max(...u);
  const joint = new Uint32Array(4096);
  u.forEach((v, p) => { joint[(gray[p] >> 2) * 64 + Math.max(0, Math.min(63, Math.floor((v - lo) * 64 / (hi - lo) + e)))]++; });
  return joint;
}
