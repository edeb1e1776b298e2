// The twins, and the allocator that the backend calls. One line per kernel.

export { alignSign } from './align-sign';
export { centre } from './centre';
export { channelSum } from './channel-sum';
export { gradCamPlusPlusWeights } from './grad-cam-plus-plus-weights';
export { gram } from './gram';
export { grayHistogram } from './gray-histogram';
export { alloc, free } from './memory';
export { minMax } from './min-max';
export { multiply } from './multiply';
export { mutualInformation } from './mutual-information';
export { principalComponent } from './principal-component';
export { quantizeLayer } from './quantize-layer';
export { relu } from './relu';
export { rescale } from './rescale';
export { resizeBilinear } from './resize-bilinear';
export { spatialMean } from './spatial-mean';
export { weightedSum } from './weighted-sum';
export { xgradWeights } from './xgrad-weights';
