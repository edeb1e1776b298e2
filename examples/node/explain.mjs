// Maps of pictures in Node. Run: npm run build && node examples/node/explain.mjs examples/birds/*.png
import { writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { createExplainer, decodeFile, encodePng, gradCam, miCam, overlay, viewOf } from 'onnx-cam/node';

const explainer = await createExplainer('models/birds.onnx', { methods: [miCam(), gradCam] });
for (const path of process.argv.slice(2)) {
  const picture = await decodeFile(path);
  const [{ target, maps }] = await explainer.explain([picture]);
  const view = viewOf(picture.width, picture.height, explainer.preprocessing);
  const name = `${basename(path, '.png')}.mi-cam.png`;
  await writeFile(name, await encodePng(overlay(picture, maps['mi-cam'], view)));
  console.log(`${name}: ${target.label}, ${(100 * target.score).toFixed(1)} %`);
}
await explainer.dispose();
