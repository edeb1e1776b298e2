// One hash per operation and backend, over answers at random shapes: the same before and after a change that
// is to leave answers alone, bit for bit.
//   node scripts/kernel-hashes.mjs [dist] > before.txt
import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const dist = resolve(process.argv[2] ?? 'dist', 'kernels/index.js');
const { openGpu, openWasm, openWebGpu, opsOn } = await import(pathToFileURL(dist).href);

const ROUNDS = 12;

/** Seeded numbers in [0, 1). */
function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const count = (shape) => shape.reduce((product, size) => product * size, 1);

// A call of each operation: `whole(from, to)` chooses sizes; `real`, `words` and `layer` make inputs.
const calls = {
  boxSum: (k, { real, whole }) => k.boxSum(real([whole(1, 9), whole(1, 20), whole(1, 20)]), whole(1, 6)),
  centre: (k, { layer }) => k.centre(layer()),
  channelSoftmax: (k, { layer }) => k.channelSoftmax(layer()),
  channelSum: (k, { layer }) => k.channelSum(layer()),
  classMaps: (k, { layer, real, whole }) => {
    const x = layer();
    return k.classMaps(x, real([whole(1, 40), x.shape[1]]));
  },
  classMargin: (k, { layer, real }) => {
    const x = layer();
    return k.classMargin(x, real(x.shape.slice(0, 2)));
  },
  firstComponent: (k, { layer }) => k.firstComponent(layer()),
  gradCamPlusPlusWeights: (k, { layer, real }) => {
    const x = layer();
    return k.gradCamPlusPlusWeights(x, real(x.shape));
  },
  matrixProduct: (k, { real, whole }) => {
    const terms = whole(1, 70);
    return k.matrixProduct(real([terms, whole(1, 70)]), real([whole(1, 70), terms]));
  },
  minMax: (k, { real, whole }) => k.minMax(real([whole(1, 5), whole(1, 60), whole(1, 60)])),
  multiply: (k, { layer, real }) => {
    const x = layer();
    return k.multiply(x, real(x.shape));
  },
  mutualInformation: (k, { layer, words, whole, pick }) => {
    const x = layer();
    const gray = words([x.shape[0], whole(20, 90), whole(20, 90)], 256);
    return k.mutualInformation(x, gray, { bins: pick([32, 64, 128, 256]) });
  },
  relu: (k, { layer }) => k.relu(layer()),
  replaceRanked: (k, { real, words, whole }) => {
    const [c, h, w, m] = [whole(1, 4), whole(1, 30), whole(1, 30), whole(1, 9)];
    const [image, baseline] = [real([c, h, w]), real([c, h, w])];
    return k.replaceRanked(image, baseline, words([h, w], h * w), words([m, 2], h * w));
  },
  rescale: (k, { real, whole }) => {
    const x = real([whole(1, 5), whole(1, 40), whole(1, 40)]);
    return k.rescale(x, k.minMax(x));
  },
  resizeBilinear: (k, { real, whole }) =>
    k.resizeBilinear(real([whole(1, 5), whole(1, 20), whole(1, 20)]), [whole(1, 99), whole(1, 99)]),
  saliency: (k, { real, whole }) =>
    k.saliency(real([whole(1, 5), whole(1, 20), whole(1, 20)]), [whole(1, 99), whole(1, 99)]),
  scaleChannels: (k, { layer, real }) => {
    const x = layer();
    return k.scaleChannels(x, real(x.shape.slice(0, 2)));
  },
  scoreCamMasks: (k, { layer, real, words, whole }) => {
    const x = layer();
    const [n, channels] = x.shape;
    const [H, W] = [whole(1, 60), whole(1, 60)];
    const list = words([whole(1, 6)], channels);
    const input = real([n, whole(1, 4), H, W]);
    return k.scoreCamMasks(input, x, k.upsampledRange(x, [H, W]), list, {
      image: whole(0, n - 1),
      factor: 0.75,
    });
  },
  share: (k, { real, whole }) => k.share(k.relu(real([whole(1, 5), whole(1, 40), whole(1, 40)]))),
  softplus: (k, { layer }) => k.softplus(layer()),
  spatialMean: (k, { layer }) => k.spatialMean(layer()),
  upsampledRange: (k, { layer, whole }) => k.upsampledRange(layer(), [whole(1, 99), whole(1, 99)]),
  weightedSum: (k, { layer, real }) => {
    const x = layer();
    return k.weightedSum(x, real(x.shape.slice(0, 2)));
  },
  xgradWeights: (k, { layer, real }) => {
    const x = layer();
    return k.xgradWeights(k.relu(x), real(x.shape));
  },
};

const backends = [await openWasm(), openWebGpu(await openGpu())];
const untold = Object.keys(opsOn(backends[0])).filter((name) => !(name in calls));
if (untold.length > 0) throw new Error(`no call of ${untold.join(', ')} in scripts/kernel-hashes.mjs`);

for (const backend of backends) {
  const ops = opsOn(backend);
  for (const [name, call] of Object.entries(calls)) {
    const hash = createHash('sha256');
    for (let round = 0; round < ROUNDS; round++) {
      const next = generator(round * 1009 + name.length);
      const whole = (from, to) => from + Math.floor(next() * (to - from + 1));
      const real = (shape) =>
        backend.upload(
          Float32Array.from({ length: count(shape) }, () => next() * 2 - 1),
          shape,
          'float32',
        );
      const words = (shape, below) =>
        backend.upload(
          Uint32Array.from({ length: count(shape) }, () => Math.floor(next() * below)),
          shape,
          'uint32',
        );
      const layer = () => real([whole(1, 3), whole(1, 300), whole(1, 12), whole(1, 12)]);
      const pick = (values) => values[whole(0, values.length - 1)];
      const answer = backend.scope(() => call(ops, { real, words, layer, whole, pick }));
      const values = await backend.read(answer);
      hash.update(JSON.stringify(answer.shape)).update(new Uint8Array(values.buffer));
      backend.release(answer);
    }
    console.log(`${backend.name.padEnd(6)} ${name.padEnd(24)} ${hash.digest('hex').slice(0, 24)}`);
  }
}
for (const backend of backends) backend.dispose();
process.exit(0);
