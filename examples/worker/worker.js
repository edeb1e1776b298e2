// Explains the pictures that it receives, one after another.
import { createExplainer, parseModelSettings } from 'onnx-cam';
import settings from '../../models/birds.json';
import model from '../../models/birds.onnx?url';

const explainer = createExplainer(model, {
  methods: ['mi-cam'],
  runtime: 'web', // vite.config.js includes no other
  ...parseModelSettings('birds.json', settings, 'birds.onnx'),
});

onmessage = async ({ data: picture }) => {
  const { target, maps } = await (await explainer).explain(picture);
  postMessage({ target, map: maps['mi-cam'] });
};
