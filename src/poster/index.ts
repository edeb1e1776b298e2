/** `onnx-cam/poster`: a picture and its maps side by side, as SVG. No file system: works in browsers. */
export { posterSvg } from './compose.js';
export type { PosterContent } from './content.js';
export type { EncodePicture } from './tiles.js';
