export { checkpoint } from './checkpoint.js';
export { openSession } from './open.js';
export { floats, hostFloats, imageOf, type Outputs } from './outputs.js';
export {
  type AnyFeed,
  type DeviceFeed,
  type DeviceTensor,
  type Feed,
  type InputInfo,
  isDeviceTensor,
  type ModelBytes,
  type NumericArray,
  type Output,
  type OutputType,
  type RunOptions,
  type RuntimeName,
  type RuntimeTensor,
  type Session,
  type SessionFactory,
  type SessionOptions,
} from './types.js';
