/**
 * @file The few pieces of SVG that the plots are made of.
 */

/** A text element; `attributes` is markup. */
export function text(x: number, y: number, content: string, attributes = ''): string {
  const more = attributes === '' ? '' : ` ${attributes}`;
  return `<text x="${round(x)}" y="${round(y)}"${more}>${escapeXml(content)}</text>`;
}

/** Tenths of a pixel are enough, and keep the file short. */
export function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** XML text: markup escaped; control characters, which XML 1.0 forbids, and lone surrogates become `�`. */
export function escapeXml(value: string): string {
  return value
    .replace(/[^\P{Control}\t\n\r]|\p{Surrogate}|[\ufffe\uffff]/gu, '�')
    .replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}
