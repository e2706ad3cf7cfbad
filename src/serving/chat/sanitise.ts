/**
 * @file Sanitising of model output for a terminal: without control characters it can neither move the cursor
 * nor recolour, retitle or query the terminal.
 *
 * Character by character, so that a sequence cut in two by streaming is caught as well.
 */

/** C0 but for line break and tab, DEL, C1, line separators, and the marks that turn the direction of what follows. */
const HARMFUL = /[^\P{Control}\n\t]|[\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/** `text` without control characters, line breaks and tabs excepted. */
export function harmless(text: string): string {
  return text.replace(HARMFUL, '');
}

/** `value` as JSON in which characters that a terminal acts on are escaped, so that nothing is lost. */
export function harmlessJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(
    HARMFUL,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
