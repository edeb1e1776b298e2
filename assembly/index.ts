// The twins, and the allocator that the backend calls. One line per kernel.

export { channelSum } from './channel-sum';
export { grayHistogram } from './gray-histogram';
export { alloc, free } from './memory';
export { minMax } from './min-max';
export { mutualInformation } from './mutual-information';
export { quantizeLayer } from './quantize-layer';
export { relu } from './relu';
export { rescale } from './rescale';
export { resizeBilinear } from './resize-bilinear';
export { spatialMean } from './spatial-mean';
export { weightedSum } from './weighted-sum';
