import { defineConfig } from 'vite';

export default defineConfig({
  // ONNX Runtime finds its .wasm beside the module that it is in, which a worker that is no module cannot
  // say.
  worker: { format: 'es' },
  // ONNX Runtime for the CPU alone: without this line the page carries the one for WebGPU too.
  resolve: { alias: { 'onnxruntime-web/webgpu': 'onnxruntime-web/wasm' } },
});
