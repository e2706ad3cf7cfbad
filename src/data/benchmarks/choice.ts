/**
 * @file Multiple choice: GPQA-Diamond (2311.12022) and MMLU (2009.03300).
 *
 * Asked for a letter on the last line, as the simple-evals framework does that the R1 paper measures with. The options
 * of GPQA are published with the right one first: their order is drawn from seed and problem, the same in every run.
 */
import { UserError } from '../../errors.ts';
import { Random } from '../../random.ts';
import type { Row } from '../files/row.ts';
import type { Benchmark, Question } from './benchmark.ts';
import { answerText, label, optional, required, text, texts, wrong } from './columns.ts';

const LETTERS = 'ABCDEFGHIJ';

const lettered = (options: readonly string[]): string[] =>
  options.map((option, i) => `${LETTERS[i]}) ${option.trim()}`);

/** The question, its options, and the form of the answer. */
function word({ question, meta }: Question): string {
  const options = meta!.options as readonly string[];
  const letters = LETTERS.slice(0, options.length).split('').join(', ');
  return [
    question.trim(),
    '',
    ...lettered(options),
    '',
    `Think step by step. The last line of your reply must be "Answer: X", where X is one of ${letters}.`,
  ].join('\n');
}

const INCORRECT = [1, 2, 3].map((i) => `Incorrect Answer ${i}`);

export const gpqaDiamond: Benchmark = {
  name: 'gpqa-diamond',
  title: 'GPQA-Diamond',
  verifier: 'choice',
  samples: 64,
  expects: {
    file: 'data/gpqa/gpqa_diamond.csv',
    columns: ['Question', 'Correct Answer', ...INCORRECT],
    source: 'Idavidrein/gpqa (gpqa_diamond) on the Hugging Face hub, or idavidrein/gpqa',
    hub: 'hf:Idavidrein/gpqa/gpqa_diamond/train',
  },
  read(row, seed) {
    const question = text(row, ['Question']);
    const right = text(row, ['Correct Answer']);
    const id = label(row, ['Record ID']);
    const options = Random.derive(seed, 'options', id ?? question).shuffle([
      right,
      ...INCORRECT.map((column) => text(row, [column])),
    ]);
    const subject = label(row, ['High-level domain', 'Subdomain']);
    return {
      ...(id !== undefined && { id }),
      question,
      answer: LETTERS[options.indexOf(right)]!,
      meta: { options: options.map((option) => option.trim()), ...(subject !== undefined && { subject }) },
    };
  },
  word,
};

/** Options as one list, or in the columns A, B, C, D of the original files. */
function mmluOptions(row: Row): string[] {
  if (optional(row, ['choices', 'options']) !== undefined) return texts(row, ['choices', 'options']);
  if (optional(row, ['A']) === undefined) required(row, ['choices', 'options', 'A']);
  return ['A', 'B', 'C', 'D'].map((column) => text(row, [column]));
}

/** A letter, or the index of an option from 0. */
function mmluAnswer(row: Row, options: readonly string[]): string {
  const answer = answerText(row, ['answer', 'Answer']).toUpperCase();
  const index = /^\d+$/u.test(answer) ? Number(answer) : LETTERS.indexOf(answer);
  if (answer.length === 1 && index >= 0 && index < options.length) return LETTERS[index]!;
  throw wrong(row, ['answer', 'Answer'], `the index or the letter of one of ${options.length} options`);
}

/** Columns of the original files. */
const ORIGINAL = ['question', 'A', 'B', 'C', 'D', 'answer'];

export const mmlu: Benchmark = {
  name: 'mmlu',
  title: 'MMLU',
  verifier: 'choice',
  samples: null,
  expects: {
    file: 'data/mmlu/test.parquet',
    columns: ['question|Question', 'choices|A, B, C, D', 'answer|Answer', 'subject|Subject (may be missing)'],
    source:
      'cais/mmlu (all) on the Hugging Face hub, mmlu.csv of simple-evals, or the files of hendrycks/test, which have no header',
    hub: 'hf:cais/mmlu/all/test',
    shots: 'hf:cais/mmlu/all/dev',
  },
  headerless: (line) =>
    line.length === ORIGINAL.length && /^[A-D]$/u.test(line.at(-1)!.trim()) ? ORIGINAL : null,
  read(row) {
    const options = mmluOptions(row);
    if (options.length < 2 || options.length > LETTERS.length) {
      throw new UserError(
        `${row.place}: ${options.length} options`,
        `A question has 2 to ${LETTERS.length} options.`,
      );
    }
    const subject = label(row, ['subject', 'Subject']);
    return {
      question: text(row, ['question', 'Question']),
      answer: mmluAnswer(row, options),
      meta: { options, ...(subject !== undefined && { subject }) },
    };
  },
  word,
};
