/** A canvas with the picture and the map of a method, drawn again whenever what it shows changes. */
import { useSignalEffect } from '@preact/signals';
import { useRef } from 'preact/hooks';
import type { Picture } from '../../src/index.js';
import type { Shown } from '../files/shown.js';
import { mask } from '../state/cover.js';
import { boxes, colormap, opacity } from '../state/look.js';
import { results, title } from '../state/methods.js';
import { preprocessing } from '../state/model.js';
import { picture } from '../state/pictures.js';
import { side } from '../state/question.js';
import { coverPicture } from '../state/scoring.js';
import { paintScene } from './paint.js';
import { shownMap } from './shown-map.js';

export interface MapCanvasProps {
  readonly method: string;
  readonly copyOf: (shown: Shown) => Picture;
  /** Whether it shows what is covered. */
  readonly hasCover?: boolean;
}

export function MapCanvas({ method, copyOf, hasCover = false }: MapCanvasProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useSignalEffect(() => {
    const [shown, prepared] = [picture.value, preprocessing.value];
    const map = shownMap(results.value[method], side.value, shown?.id);
    const look = { opacity: opacity.value, colormap: colormap.value, boxes: boxes.value };
    const covered = hasCover ? mask.value : undefined;
    const by = hasCover ? coverPicture.value : undefined;
    const isFitting = covered && by && covered.length === by.width * by.height;
    const cover = isFitting ? { mask: covered, picture: by } : undefined;
    if (!canvas.current || !shown || !prepared) return;
    paintScene(canvas.current, {
      ...{ shown, copy: copyOf(shown), preprocessing: prepared, map, look, cover },
    });
    const what = map ? `where "${map.label}" is seen` : 'no map yet';
    canvas.current.ariaLabel = `${title(method)}: ${what} in ${shown.stem}`;
  });
  return <canvas ref={canvas} role="img" aria-label={title(method)} />;
}
