/** Text as outlines, for drawings other than posters. It needs no fonts on the machine. */
export { widthOf } from './font.js';
export { element, text } from './svg.js';
