import { make } from './dom.js';
import { type Shown, shown } from './picture.js';

/** Pictures for the embedded model; the last two hold two birds each. */
const names = ['bird-00', 'bird-02', 'bird-05', 'bird-07', 'bird-08', 'bird-11', 'stacked-0', 'stacked-3'];

/**
 * Fills `list` with the sample pictures. They are taken from the images shown, so that choosing one asks the
 * network for nothing.
 * @returns The first of them, when all have arrived.
 */
export async function listSamples(list: HTMLElement, chosen: (sample: Shown) => void): Promise<Shown> {
  const images = names.map((name) => {
    const image = make('img', { src: `samples/${name}.png`, alt: '', width: 56, height: 56 });
    const button = make(
      'button',
      { type: 'button', className: 'sample', ariaLabel: `Sample ${name}` },
      image,
    );
    button.addEventListener('click', () => chosen(picture(image, name)));
    list.append(button);
    return image;
  });
  await Promise.all(images.map((image) => image.decode()));
  return picture(images[0], names[0]);
}

const picture = (image: HTMLImageElement, name: string): Shown =>
  shown(image, image.naturalWidth, image.naturalHeight, name);
