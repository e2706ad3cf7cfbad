/** @file An answer as it was written and as it was read; whether a reading is a sentence. */
import { type Node, some } from './node.ts';
import { readAnswer } from './read.ts';

export interface Reading {
  readonly text: string;
  readonly node: Node;
}

/** Reads an answer; null where it cannot be read. */
export function read(text: string): Reading | null {
  const node = readAnswer(text);
  return node && { text, node };
}

export const isOpaque = (node: Node): boolean => some(node, ({ kind }) => kind === 'opaque');

/** Whether a reading is a sentence, or none: what a response without a mark mostly is. */
export function isProse(reading: Reading | null): boolean {
  if (reading === null || some(reading.node, ({ kind }) => kind === 'text')) return true;
  return isOpaque(reading.node) && /(?<![\\A-Za-z])[A-Za-z]{3,}/.test(reading.text);
}
