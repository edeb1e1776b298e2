/** Text as outlines, for what is not a poster: it needs no fonts on the machine. */
export { widthOf } from './font.js';
export { element, text } from './svg.js';
