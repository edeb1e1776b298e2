import type { RuntimeName } from '../../runtime/index.js';

/**
 * A notice of what onnxruntime-node would gain, where it is missing and the user did not choose another
 * runtime.
 * @param runtime  What the model runs on.
 */
export function runtimeNotice(requested: RuntimeName | undefined, runtime: string): readonly string[] {
  if ((requested ?? 'auto') !== 'auto' || !runtime.startsWith('onnxruntime-web')) return [];
  return [
    'onnxruntime-node is not installed (or does not load here): the model runs on onnxruntime-web, several times slower. Run npm install onnxruntime-node; --runtime web hides this line.',
  ];
}
