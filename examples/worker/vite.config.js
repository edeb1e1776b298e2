import { defineConfig } from 'vite';

// ONNX Runtime finds its .wasm beside the module that it is in, which a worker that is no module cannot say.
export default defineConfig({ worker: { format: 'es' } });
