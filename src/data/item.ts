/** @file A prompt on its way from a row to a source: with the bare question and the row it came from. */
import type { Prompt } from '../records.ts';
import type { Row } from './files/read-rows.ts';

/** A prompt, the question in it without any wording around, and the row it came from. */
export interface Item {
  readonly prompt: Prompt;
  readonly question: string;
  readonly row: Row;
}
