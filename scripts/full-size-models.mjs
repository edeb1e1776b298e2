// Writes models of full size with random weights, node by node in the forms that exporters write: see `help`.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { swin } from './full-size-models/swin.mjs';
import { vit } from './full-size-models/vit.mjs';
import { yolo } from './full-size-models/yolo.mjs';

const models = {
  'vit-ti-torchscript-12': (seed) => vit({ exporter: 'torchscript', opset: 12, batch: 'batch_size', seed }),
  'vit-ti-torchscript-17': (seed) => vit({ exporter: 'torchscript', opset: 17, batch: 'batch_size', seed }),
  'vit-ti-dynamo-18': (seed) => vit({ exporter: 'dynamo', opset: 18, batch: 1, seed }),
  'vit-ti-dynamo-20': (seed) => vit({ exporter: 'dynamo', opset: 20, batch: 's77', seed }),
  'swin-t-torchscript-17': (seed) => swin({ exporter: 'torchscript', opset: 17, seed }),
  'yolov8n-torchscript-17': (seed) => yolo({ exporter: 'torchscript', opset: 17, seed }),
};

const help = `node scripts/full-size-models.mjs --out DIR [--seed N] [NAME ...]
Writes DIR/NAME.onnx for each name, or for all: ${Object.keys(models).join(', ')}.
The same seed gives the same bytes. Run "npm run build" first.`;

const { values, positionals } = parseArgs({
  options: { out: { type: 'string' }, seed: { type: 'string', default: '1' }, help: { type: 'boolean' } },
  allowPositionals: true,
});
const unknown = positionals.filter((name) => !(name in models));
if (values.help) console.log(help);
else if (values.out === undefined || unknown.length > 0 || !/^\d+$/.test(values.seed)) {
  const wrong =
    unknown.length > 0
      ? `no model "${unknown.join('", "')}"`
      : '--out DIR is missing, or --seed is no number';
  console.error(`${wrong}\n\n${help}`);
  process.exitCode = 2;
} else {
  mkdirSync(values.out, { recursive: true });
  for (const name of positionals.length > 0 ? positionals : Object.keys(models)) {
    const path = resolve(join(values.out, `${name}.onnx`));
    const bytes = models[name](Number(values.seed));
    writeFileSync(path, bytes);
    console.log(`${path}: ${(bytes.length / 1e6).toFixed(1)} MB`);
  }
}
