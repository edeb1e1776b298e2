/** Pictures: preprocessing, grey values, colour maps, overlays. No file system: works in browsers. */
export { colorMap } from './colormap.js';
export { type ColorMapName, colorMapNames } from './colormap-names.js';
export { denormalise, gray8, grayOfTensor, type Normalisation, resizeGray } from './gray.js';
export { parseLabels } from './json.js';
export { type InputShape, type MetadataSettings, metadataSettings } from './metadata.js';
export { fullScale, type Heat, type OverlayOptions, overlay } from './overlay.js';
export {
  type OpaquePicture,
  type Preprocessed,
  pictureOfTensor,
  preprocess,
  type View,
  viewOf,
} from './preprocess.js';
export { defaultPreprocessing, shown, validatePreprocessing } from './preprocessing.js';
export {
  type ModelSettings,
  parseConfig,
  parseHuggingFace,
  parseModelSettings,
} from './preprocessing-files.js';
export { type Raster, resize } from './resize.js';
