/** Every known field of a Hugging Face processor's file; where a field may be ignored, the reason. */

const followed = new Set(
  `do_resize size resample default_to_square crop_pct do_center_crop crop_size do_rescale rescale_factor rescale_offset do_normalize
  image_mean image_std include_top do_flip_channel_order image_processor_type feature_extractor_type`.split(
    /\s+/,
  ),
);

/** Fields that cannot change a pixel, with the reason. */
const ignored: ReadonlyMap<string, string> = new Map([
  ['processor_class', 'names the class that holds this one and a tokenizer'],
  ['do_convert_rgb', 'pictures are RGB here in any case'],
  ['do_reduce_labels', 'concerns the truth of segmentations'],
  ['reduce_labels', 'the older name of do_reduce_labels'],
  ['return_tensors', 'the library that holds the result'],
  ['input_data_format', 'pictures are decoded here'],
  ['device', 'where the result lies'],
  ['disable_grouping', 'speed'],
  ['model_input_names', 'a name, not a value'],
  ['transformers_version', 'who wrote the file'],
]);

/** Fields that configure a step which another field turns on. They are ignored where that step is off. */
const partOf: ReadonlyMap<string, string> = new Map([
  ['pad_size', 'do_pad'],
  ['pad_mode', 'do_pad'],
  ['padding_mode', 'do_pad'],
  ['constant_values', 'do_pad'],
  ['pad_value', 'do_pad'],
]);

/** Values that change nothing. */
const neutral: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ['data_format', 'channels_first'],
  ['antialias', true],
  ['ensure_multiple_of', 1],
]);

/**
 * The fields that may change pixels in an unknown way. Fields that are off (`false`, `null`) do nothing.
 * @param flips  Whether the class swaps red and blue anyway. Then `do_flip_channels`, which says so in old
 *   files, adds nothing.
 */
export function foreignFields(
  file: Readonly<Record<string, unknown>>,
  flips: boolean | undefined,
): readonly string[] {
  const isOff = (value: unknown) => value === undefined || value === null || value === false;
  return Object.keys(file).filter((name) => {
    if (followed.has(name) || ignored.has(name) || name.startsWith('_')) return false;
    if (flips && name === 'do_flip_channels') return false;
    const step = partOf.get(name);
    if (step !== undefined) return !isOff(file[step]);
    return !isOff(file[name]) && (!neutral.has(name) || file[name] !== neutral.get(name));
  });
}
