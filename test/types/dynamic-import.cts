// A CommonJS program in TypeScript for any Node: `import()` loads the modules. What `module: node16` asks
// for.
export async function run(): Promise<number> {
  const { explain } = await import('onnx-cam/node');
  const { maps } = await explain('model.onnx', 'photo.jpg', { methods: ['grad-cam'] });
  // @ts-expect-error MI-CAM was not asked for
  void maps['mi-cam'];
  return maps['grad-cam'].saliency.length;
}
