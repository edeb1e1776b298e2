/** The map on the stage as a file: drawn, or as numbers. */
import { overlay, viewOf } from '../../src/index.js';
import { context2d, download } from '../dom.js';
import { npy } from '../npy.js';
import { stageMap } from '../stage/pointer.js';
import { colormapOf } from '../stage/shown-map.js';
import { colormap, opacity } from '../state/look.js';
import { shownMethod } from '../state/methods.js';
import { preprocessing } from '../state/model.js';
import { fail } from '../state/notices.js';
import { picture } from '../state/pictures.js';

/** At the picture's own size. */
function savePng(name: string): void {
  const [shown, prepared, map] = [picture.value, preprocessing.value, stageMap.value];
  if (!shown || !prepared || !map) return;
  const { width, height } = shown.picture;
  const look = { alpha: opacity.value, colormap: colormapOf(map, colormap.value) };
  const drawn = overlay(shown.picture, map.heat, viewOf(width, height, prepared), look);
  const canvas = Object.assign(document.createElement('canvas'), { width, height });
  context2d(canvas).putImageData(new ImageData(new Uint8ClampedArray(drawn.data), width, height), 0, 0);
  canvas.toBlob((blob) => {
    if (blob) download(blob, `${name}.png`);
    else fail('This browser cannot write a picture of that size.');
  }, 'image/png');
}

function saveNpy(name: string): void {
  const map = stageMap.value;
  if (!map) return;
  const { saliency, shape } = map.heat;
  download(new Blob([npy(saliency, [1, ...shape])]), `${name}.npy`);
}

export function TakeMap() {
  const map = stageMap.value;
  const name = `${picture.value?.stem ?? 'picture'}.${shownMethod.value}`;
  return (
    <p class="row" id="take-map">
      <button type="button" disabled={!map} onClick={() => savePng(name)}>
        This map, PNG
      </button>
      <button
        type="button"
        disabled={!map}
        onClick={() => saveNpy(name)}
        title="For NumPy: [1, H, W], float32"
      >
        .npy
      </button>
    </p>
  );
}
