/** Pictures as files, in a browser. */
import type { Picture } from '../../src/index.js';
import { context2d, paint } from '../dom.js';

export async function dataUrl(picture: Picture): Promise<string> {
  const canvas = document.createElement('canvas');
  paint(canvas, picture);
  return canvas.toDataURL('image/png');
}

/** The picture with its longer side at most `side` pixels. */
export function reduced(picture: Picture, side: number): Picture {
  const factor = side / Math.max(picture.width, picture.height);
  if (factor >= 1) return picture;
  const whole = document.createElement('canvas');
  paint(whole, picture);
  const [width, height] = [picture.width, picture.height].map((n) => Math.max(1, Math.round(n * factor)));
  const context = context2d(Object.assign(document.createElement('canvas'), { width, height }));
  context.imageSmoothingQuality = 'high';
  context.drawImage(whole, 0, 0, width, height);
  return context.getImageData(0, 0, width, height);
}

/** An SVG as PNG, a pixel for each of its units. */
export async function rasterise(svg: string): Promise<Blob> {
  const address = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }));
  try {
    const image = new Image();
    image.src = address;
    await image.decode();
    const canvas = document.createElement('canvas');
    canvas.width = image.naturalWidth;
    canvas.height = image.naturalHeight;
    context2d(canvas).drawImage(image, 0, 0);
    const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
    if (!blob) throw new Error('The browser could not encode the poster as PNG.');
    return blob;
  } finally {
    URL.revokeObjectURL(address);
  }
}
