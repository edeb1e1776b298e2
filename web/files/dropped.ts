/** What a drag or the clipboard holds, as files. */

/**
 * Files; else the picture that a link or a piece of a page refers to.
 * @throws {Error} where that is on another site: this page asks none for anything.
 */
export async function readDropped(transfer: DataTransfer | null): Promise<readonly File[]> {
  if (!transfer) return [];
  // All of it is read at once: it is gone when the event is over.
  const files = [...transfer.files];
  const folder = [...transfer.items].some((item) => item.webkitGetAsEntry?.()?.isDirectory);
  const address = addressIn(transfer);
  if (folder) throw new Error('A folder was dropped: open it, and drop the files that are in it.');
  if (files.length > 0) return files;
  if (address === undefined) {
    if (transfer.types.includes('text/plain'))
      throw new Error('Text was dropped: expected a picture or a model, as a file.');
    return [];
  }
  return [await fileAt(address)];
}

/** Of a picture in a piece of a page, else of a link. */
function addressIn(transfer: DataTransfer): string | undefined {
  const html = transfer.getData('text/html');
  const image =
    html && new DOMParser().parseFromString(html, 'text/html').querySelector('img')?.getAttribute('src');
  const link = transfer
    .getData('text/uri-list')
    .split(/\r?\n/)
    .find((line) => line !== '' && !line.startsWith('#'));
  return image || link || undefined;
}

async function fileAt(address: string): Promise<File> {
  if (!URL.canParse(address, location.href)) throw new Error('The link that was dropped is none.');
  const url = new URL(address, location.href);
  if (url.protocol === 'data:') return dataFile(url.href);
  if (url.origin !== location.origin)
    throw new Error(
      `The picture is on ${url.host || 'another page'}, and this page asks no other site for anything. Save the picture there, then drop its file here.`,
    );
  const response = await fetch(url).catch(() => undefined);
  if (!response?.ok)
    throw new Error(`${url.pathname}: the picture cannot be loaded. Save it, then drop its file.`);
  const blob = await response.blob();
  return new File([blob], url.pathname.split('/').at(-1) || 'picture', { type: blob.type });
}

/** The content of a `data:` link. */
function dataFile(address: string): File {
  const [, type = '', isBase64, content] = /^data:([^;,]*)[^,]*?(;base64)?,(.*)$/s.exec(address) ?? [];
  if (content === undefined) throw new Error('The link that was dropped holds no picture.');
  const text = isBase64 ? atob(content) : decodeURIComponent(content);
  const bytes = isBase64 ? Uint8Array.from(text, (c) => c.charCodeAt(0)) : new TextEncoder().encode(text);
  const ending = type.split('/')[1]?.split('+')[0];
  return new File([bytes], ending ? `picture.${ending}` : 'picture', { type });
}
