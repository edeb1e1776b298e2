/** The maps on the screen as one picture to keep, the same that the command line draws. */
import { type OverlayOptions, type Picture, viewOf } from '../src/index.js';
import { posterSvg } from '../src/poster/index.js';
import { context2d, make } from './dom.js';
import { paint } from './picture.js';
import type { Answer } from './session.js';

async function dataUrl(picture: Picture): Promise<string> {
  const canvas = make('canvas');
  paint(canvas, picture);
  return canvas.toDataURL('image/png');
}

/** An SVG as PNG, a pixel for each of its units. */
async function rasterise(svg: string): Promise<Blob> {
  const address = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }));
  try {
    const image = new Image();
    image.src = address;
    await image.decode();
    const canvas = make('canvas', { width: image.naturalWidth, height: image.naturalHeight });
    context2d(canvas).drawImage(image, 0, 0);
    const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
    if (!blob) throw new Error('The browser could not encode the poster as PNG.');
    return blob;
  } finally {
    URL.revokeObjectURL(address);
  }
}

/** The poster of an answer, as PNG. */
export async function posterOf(
  { explanation, opened, shown, choices }: Answer,
  options: OverlayOptions,
): Promise<Blob> {
  const { picture, stem } = shown;
  const content = {
    name: stem,
    picture,
    view: viewOf(picture.width, picture.height, opened.preprocessing),
    explanations: [explanation],
    model: choices.model.file.name ?? 'model',
  };
  return rasterise(await posterSvg(content, dataUrl, options));
}
