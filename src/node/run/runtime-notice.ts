import type { RuntimeName } from '../../runtime/index.js';

/**
 * What onnxruntime-node would gain, where it is missing and nobody chose to do without.
 * @param runtime  What the model runs on.
 */
export function runtimeNotice(asked: RuntimeName | undefined, runtime: string): readonly string[] {
  if ((asked ?? 'auto') !== 'auto' || !runtime.startsWith('onnxruntime-web')) return [];
  return [
    'onnxruntime-node is not installed (or does not load here): the model runs on onnxruntime-web, several times slower. Run npm install onnxruntime-node; --runtime web hides this line.',
  ];
}
