// Heat maps of pictures in Node. In a checkout: npm run build && node examples/node/explain.mjs
// models/birds.onnx examples/birds/*.png
import { basename, extname } from 'node:path';
import { explain } from 'onnx-cam/node';

const [model, ...paths] = process.argv.slice(2);
for (const [i, { target, save }] of (await explain(model, paths)).entries()) {
  const name = `${basename(paths[i], extname(paths[i]))}.heat.png`;
  await save(name);
  console.log(`${name}: ${target.label ?? target.index}, ${(100 * target.score).toFixed(1)} %`);
}
