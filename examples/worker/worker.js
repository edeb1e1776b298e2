// Explains the pictures that it is sent, one after the other.
import { createExplainer, parseModelSettings } from 'onnx-cam';
import settings from '../../models/birds.json';
import model from '../../models/birds.onnx?url';

const explainer = createExplainer(model, {
  methods: ['mi-cam'],
  runtime: 'web', // the only one that vite.config.js lets in
  ...parseModelSettings('birds.json', settings, 'birds.onnx'),
});

onmessage = async ({ data: picture }) => {
  const { target, maps } = await (await explainer).explain(picture);
  postMessage({ target, map: maps['mi-cam'] });
};
