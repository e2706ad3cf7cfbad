/** @file Bytes for people. */

/** Bytes in the largest unit that leaves at least one of it: MiB, GiB or TiB. */
export function bytesInWords(bytes: number): string {
  const gib = bytes / 2 ** 30;
  if (gib >= 1024) return `${(gib / 1024).toFixed(1)} TiB`;
  return gib >= 1 ? `${gib.toFixed(1)} GiB` : `${Math.ceil(bytes / 2 ** 20)} MiB`;
}
