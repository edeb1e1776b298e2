/** The type of each kind of file that the page has, by its ending. */
export const types = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  mjs: 'text/javascript; charset=utf-8',
  json: 'application/json; charset=utf-8',
  svg: 'image/svg+xml',
  png: 'image/png',
  wasm: 'application/wasm',
  onnx: 'application/octet-stream',
};

/** @returns `undefined` for what is no file of the page. */
export const typeOf = (path) => types[path.slice(path.lastIndexOf('.') + 1)];

/** What isolates a page, without which WebAssembly has one thread. */
export const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
};
