import { type AnyTarget, answerOf, isSum } from '../targets/index.js';
import type { Explanation, LayerMap, SaliencyMap } from '../types.js';
import { type BatchRequest, explainBatch, type Pipeline } from './pipeline.js';
import type { Prepared } from './prepare.js';
import { fuse } from './result/fuse.js';

/** One version of a picture. */
interface Variant {
  readonly mirrored: boolean;
  /** What the normalised input is multiplied with. */
  readonly factor: number;
}

/** As pytorch-grad-cam's `aug_smooth` has them; the picture as it is comes first. */
const VARIANTS: readonly Variant[] = [1, 0.9, 1.1].flatMap((factor) => [
  { mirrored: false, factor },
  { mirrored: true, factor },
]);

function variantOf(image: Prepared, { mirrored, factor }: Variant): Prepared {
  const { tensor, gray, shape } = image;
  const width = shape[2];
  return {
    ...image,
    tensor: (mirrored ? mirror(tensor, width) : tensor).map((value) => factor * value),
    gray: mirrored ? () => mirror(gray(), width) : gray,
  };
}

/** The mean over versions of the pictures, for the classes that were found for the pictures as they are. */
export async function augmented(
  images: readonly Prepared[],
  plain: readonly Explanation[],
  pipeline: Pipeline,
  request: BatchRequest,
): Promise<Explanation[]> {
  const of = (image: number, all: readonly Explanation[]) => all.filter((one) => one.image === image);
  const specs = (image: number): AnyTarget[] => {
    // Targets with a name stand in the order in which they were asked for; classes were found by then.
    const named = request.specs(image).filter((spec) => isSum(spec) || answerOf(spec) !== undefined);
    return of(image, plain).flatMap(({ target: { index, weights, name } }) => {
      if (name !== undefined) return named.splice(0, 1);
      return [weights ? { weights } : index];
    });
  };
  const whole = images.filter(({ image }) => specs(image).length > 0);
  const versions: (readonly Explanation[])[] = [plain];
  for (const variant of VARIANTS.slice(1)) {
    const varied = whole.map((image) => variantOf(image, variant));
    versions.push(await explainBatch(varied, pipeline, { ...request, specs }));
  }
  return plain.flatMap((one) => {
    const round = of(one.image, plain).indexOf(one);
    const all = versions.flatMap((version) => of(one.image, version)[round] ?? []);
    return all.length === VARIANTS.length ? [averaged(all)] : [];
  });
}

/**
 * The mean of the variants' maps, each turned back; saliencies are scaled again afterwards. Everything else
 * is the first's.
 */
function averaged(variants: readonly Explanation[]): Explanation {
  const [first] = variants;
  const maps = Object.entries(first.maps).map(([name, map]) => {
    const all = variants.map((variant, i) => turnedBack(variant.maps[name], VARIANTS[i]));
    const layers = map.layers.map((layer, l): LayerMap => {
      const ofLayer = all.map((one) => one.layers[l]);
      const weights = ofLayer.flatMap((one) => one.weights ?? []);
      return {
        ...layer,
        raw: { ...layer.raw, data: mean(ofLayer.map(({ raw }) => raw.data)) },
        ...(layer.weights && { weights: mean(weights) }),
      };
    });
    const saliencies = all.map(({ saliency }) => saliency);
    const average: SaliencyMap = {
      ...map,
      saliency: map.values ? mean(saliencies) : fuse(saliencies),
      layers,
      raw: layers[0].raw,
      weights: layers[0].weights,
      diagnostics: map.diagnostics,
      milliseconds: all.reduce((sum, { milliseconds }) => sum + milliseconds, 0),
      wholeMilliseconds: all.reduce((sum, { wholeMilliseconds }) => sum + wholeMilliseconds, 0),
    };
    return [name, average] as const;
  });
  return { ...first, maps: Object.fromEntries(maps) };
}

function turnedBack(map: SaliencyMap, { mirrored }: Variant): SaliencyMap {
  if (!mirrored) return map;
  const layers = map.layers.map((layer) => ({
    ...layer,
    raw: { ...layer.raw, data: mirror(layer.raw.data, layer.raw.shape[1]) },
  }));
  return { ...map, layers, saliency: mirror(map.saliency, map.shape[1]) };
}

function mirror<T extends Float32Array | Uint8Array>(rows: T, width: number): T {
  const mirrored = rows.slice() as T;
  for (let start = 0; start < rows.length; start += width) mirrored.subarray(start, start + width).reverse();
  return mirrored;
}

function mean(parts: readonly Float32Array[]): Float32Array {
  return parts[0].map((_, i) => parts.reduce((sum, part) => sum + part[i], 0) / parts.length);
}
