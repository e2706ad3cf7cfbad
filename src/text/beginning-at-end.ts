/** @file Beginning of a marker at the end of a text that still arrives. */

/** Length of the longest end of `text` that is a beginning of `marker`, short of the whole. */
export function beginningAtEnd(text: string, marker: string): number {
  for (let length = Math.min(text.length, marker.length - 1); length > 0; length--) {
    if (text.endsWith(marker.slice(0, length))) return length;
  }
  return 0;
}
