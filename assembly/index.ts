// The twins, and the allocator that the backend calls. One line per kernel.

export { alignSign } from './align-sign';
export { boxSum } from './box-sum';
export { centre } from './centre';
export { channelSoftmax } from './channel-softmax';
export { channelSum } from './channel-sum';
export { classMargin } from './class-margin';
export { gradCamPlusPlusWeights } from './grad-cam-plus-plus-weights';
export { gram } from './gram';
export { grayHistogram } from './gray-histogram';
export { matrixProduct } from './matrix-product';
export { alloc, free } from './memory';
export { minMax } from './min-max';
export { multiply } from './multiply';
export { mutualInformation } from './mutual-information';
export { principalComponent } from './principal-component';
export { quantizeLayer } from './quantize-layer';
export { relu } from './relu';
export { rescale } from './rescale';
export { resizeBilinear } from './resize-bilinear';
export { scaleChannels } from './scale-channels';
export { scoreCamMasks } from './score-cam-masks';
export { share } from './share';
export { softplus } from './softplus';
export { spatialMean } from './spatial-mean';
export { upsampledRange } from './upsampled-range';
export { weightedSum } from './weighted-sum';
export { xgradWeights } from './xgrad-weights';
