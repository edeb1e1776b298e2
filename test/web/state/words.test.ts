import { describe, expect, test } from 'vitest';
import { defaultPreprocessing } from '../../../src/image/index.js';
import { presetOf, presets, withChannels, withPreset } from '../../../web/state/presets.js';
import { inOneLine, inPageWords } from '../../../web/state/words.js';

test.for([
  [
    'net.onnx: nothing says how pictures are prepared: using the ImageNet convention (shorter edge × 256/224, centre crop, mean .485 .456 .406, std .229 .224 .225; grey: .456, .225). Give the option preprocessing where the model was trained otherwise.',
    'net.onnx: nothing says how pictures are prepared: using the ImageNet convention (shorter edge × 256/224, centre crop, mean .485 .456 .406, std .229 .224 .225; grey: .456, .225). Change it under “What it sees”.',
  ],
  [
    'output "y": expected class scores [1, C], got [1, 6, 8, 8]. Ask for another target, or choose another output by "output" (--output NAME).',
    'output "y": expected class scores [1, C], got [1, 6, 8, 8]. The page explains classes; the command line explains other targets too.',
  ],
  [
    'pictures have 1 or 3 channels (grey or colour), the model takes 4. Give tensors, .npy files of float32 [n, 4, H, W].',
    'pictures have 1 or 3 channels (grey or colour), the model takes 4.',
  ],
  [
    'tf.onnx: expected the channels before height and width (NCHW), got "x" [n, 8, 8, 3] with channels last (NHWC). Export it again with channels first (tf2onnx: --inputs-as-nchw x).',
    'tf.onnx: expected the channels before height and width (NCHW), got "x" [n, 8, 8, 3] with channels last (NHWC). Export it again with channels first.',
  ],
  [
    'onnxruntime-web webgpu: the GPU device was lost (out of memory). Open a new one, or run the model on the CPU.',
    'onnxruntime-web webgpu: the GPU device was lost (out of memory). Run on WebAssembly, or reload the page.',
  ],
  [
    'output "p": expected probabilities, 0 to 1 (activation none), got 7. Choose the activation softmax or sigmoid.',
    'output "p": expected probabilities, 0 to 1 (activation none), got 7.',
  ],
  [
    'half.onnx: expected an ONNX model, got a part of one.',
    'half.onnx: expected an ONNX model, got a part of one.',
  ],
] as const)('in words of the page: %s', ([message, words]) => {
  expect(inPageWords(message)).toBe(words);
});

test('in one line, without the name of the method', () => {
  expect(inOneLine('cam', 'cam: expected a linear layer. Choose Grad-CAM.')).toBe('expected a linear layer.');
});

describe('presets', () => {
  const start = defaultPreprocessing([64, 32], 3);

  test.for(presets)('%s is known again, and keeps size and crop', (preset) => {
    for (const from of [start, withChannels(start, 'BGR'), defaultPreprocessing([8, 8], 1)]) {
      const made = withPreset(from, preset);
      expect(presetOf(made)).toBe(preset);
      expect([made.size, made.resize, made.channels]).toEqual([from.size, from.resize, from.channels]);
      expect(made.mean.length).toBe(from.mean.length);
    }
  });

  test('ImageNet with blue first', () => {
    expect(withPreset(withChannels(start, 'BGR'), 'ImageNet').mean).toEqual([0.406, 0.456, 0.485]);
  });

  test('values of no preset', () => {
    expect(presetOf({ ...start, mean: [0.1, 0.2, 0.3] })).toBeUndefined();
  });

  test('the order of channels takes mean and deviation along', () => {
    expect(withChannels(start, 'BGR')).toMatchObject({
      channels: 'BGR',
      mean: [0.406, 0.456, 0.485],
      std: [0.225, 0.224, 0.229],
    });
    expect(withChannels(withChannels(start, 'BGR'), 'RGB')).toEqual(start);
    expect(withChannels(start, 'GRAY').mean[0]).toBeCloseTo(0.449);
  });
});
