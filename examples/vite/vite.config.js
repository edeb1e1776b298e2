import { defineConfig } from 'vite';

// ONNX Runtime for the CPU alone, 14 MB of WebAssembly. Without this line the page carries the one for WebGPU
// too, 27 MB more; it is what `runtime: 'webgpu'` needs.
export default defineConfig({ resolve: { alias: { 'onnxruntime-web/webgpu': 'onnxruntime-web/wasm' } } });
