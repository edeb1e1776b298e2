// A CommonJS program in TypeScript: its `require` finds the types, and Node from 20.19 on the modules.
import { createExplainer, type SaliencyMap } from 'onnx-cam';
import { explain } from 'onnx-cam/node';

export async function run(): Promise<SaliencyMap> {
  const { maps, save } = await explain('model.onnx', 'photo.jpg', { methods: ['grad-cam'] });
  await save('photo.heat.png');
  // @ts-expect-error MI-CAM was not asked for
  void maps['mi-cam'];
  await (await createExplainer('model.onnx')).dispose();
  return maps['grad-cam'];
}
