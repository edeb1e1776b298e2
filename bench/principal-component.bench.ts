// The leading eigenvector alone, and all steps from a layer to its projection on the first principal
// component. The reference is a full singular value decomposition: one-sided Jacobi in plain float64
// JavaScript, and NumPy's where Python has NumPy.
import { describe, expect, test } from 'vitest';
import { gram } from '../src/kernels/gram.js';
import { opsOn } from '../src/kernels/ops.js';
import { principalComponent } from '../src/kernels/principal-component.js';
import { centre } from '../src/reference/centre.js';
import { backends, open } from '../test/backends.js';
import { expectClose } from '../test/close.js';
import { svdComponent } from '../test/svd-component.js';
import { layerLike } from './layer-like.js';
import { measure, report } from './measure.js';
import { hasNumpy, runNumpy } from './numpy.js';
import { publishFigure } from './publish.js';

const layers = [
  ['VGG-16 conv5_3', 512, 14, 14],
  ['ResNet-50 layer4', 2048, 7, 7],
] as const;

describe.each(backends)('principalComponent on %s', (name) => {
  test.for(layers)('%s [1, %i, %i, %i]', async ([layer, k, h, w], { skip }) => {
    const backend = await open(name, skip);
    const shape = [1, k, h, w] as const;
    const values = layerLike(k, h * w, 1);
    const x = backend.upload(values, shape, 'float32');
    const ops = opsOn(backend);
    const start = performance.now();
    const want = svdComponent(centre(values, k), [1, k, h * w]);
    const full = performance.now() - start;
    const whole = () => backend.scope(() => ops.firstComponent(ops.centre(x)));
    expect(want.gap).toBeGreaterThan(0.1);
    expectClose(await backend.read(whole()), want.map, [1, h, w], name === 'wasm' ? 1e-6 : 1e-5);

    const matrix = backend.run(gram, { x: ops.centre(x) }, 'positions');
    const options = { as: 'projection', shape: [1, h, w] } as const;
    const title = `${layer} [${shape.join(', ')}]`;
    const alone = await measure(backend, () => backend.run(principalComponent, { gram: matrix }, options));
    report(`principalComponent ${title}`, backend, alone);
    const timing = await measure(backend, whole);
    report(`centre and firstComponent ${title}`, backend, timing);
    console.log(
      `  full SVD in plain JavaScript ${full.toFixed(0)} ms: ${(full / timing.median).toFixed(0)} times as long`,
    );
    if (!hasNumpy) return;
    const numpy = runNumpy('svd.py', { layer: values }, [k, h * w]);
    const sign = Math.sign(numpy.answer.reduce((sum, value, i) => sum + value * want.map[i], 0));
    const signed = numpy.answer.map((value) => sign * value);
    expectClose(signed, want.map, [1, h, w], 1e-4); // float32 throughout
    const ratio = numpy.milliseconds / timing.median;
    console.log(`  full SVD by NumPy ${numpy.milliseconds.toFixed(1)} ms: ${ratio.toFixed(0)} times as long`);
    if (name === 'wasm') publishFigure(`principal-component-${k}`, `${ratio.toFixed(0)} ×`);
  });
});
