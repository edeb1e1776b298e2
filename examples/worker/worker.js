// Explains the pictures that it is sent, one after the other.
import { createExplainer, miCam, parseModelSettings } from 'onnx-cam';
import settings from '../../models/birds.json';
import model from '../../models/birds.onnx?url';

const explainer = createExplainer(model, {
  methods: [miCam()],
  ...parseModelSettings('birds.json', settings, 'birds.onnx'),
});

onmessage = async ({ data: picture }) => {
  const [{ target, maps }] = await (await explainer).explain([picture]);
  postMessage({ target, map: maps['mi-cam'] });
};
