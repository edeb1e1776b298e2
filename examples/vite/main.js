// A page built by Vite: npm install && npx vite (or npx vite build)
import { createExplainer, overlay, parseModelSettings, viewOf } from 'onnx-cam';
import settings from '../../models/birds.json';
import model from '../../models/birds.onnx?url';
import bird from '../birds/bird-00.png';

const bitmap = await createImageBitmap(await (await fetch(bird)).blob());
const canvas = document.querySelector('canvas');
Object.assign(canvas, { width: bitmap.width, height: bitmap.height });
const context = canvas.getContext('2d');
context.drawImage(bitmap, 0, 0);
const picture = context.getImageData(0, 0, canvas.width, canvas.height);

const explainer = await createExplainer(model, {
  methods: ['grad-cam'],
  runtime: 'web', // vite.config.js includes no other
  ...parseModelSettings('birds.json', settings, 'birds.onnx'),
});
const { target, maps } = await explainer.explain(picture);
const view = viewOf(picture.width, picture.height, explainer.preprocessing);
const { data, width, height } = overlay(picture, maps['grad-cam'], view);
context.putImageData(new ImageData(data, width, height), 0, 0);
document.querySelector('p').textContent = `${target.label}, ${(100 * target.score).toFixed(1)} %`;
