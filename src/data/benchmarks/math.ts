/**
 * @file Mathematics with a final answer: GSM8K (2110.14168), MATH (2103.03874) and MATH-500, AIME, AMC.
 *
 * Asked as the R1 release recommends: step by step, the final answer in \boxed{}. Scored by comparing answers, never by
 * the steps.
 */
import { UserError } from '../../errors.ts';
import { boxedAnswer } from '../../text/index.ts';
import type { Row } from '../files/row.ts';
import type { Benchmark, Question } from './benchmark.ts';
import { answerText, label, text, wrong } from './columns.ts';

const word = ({ question }: Question): string =>
  `${question.trim()}\n\nPlease reason step by step, and put your final answer within \\boxed{}.`;

export const gsm8k: Benchmark = {
  name: 'gsm8k',
  title: 'GSM8K',
  verifier: 'math',
  samples: null,
  expects: {
    file: 'data/gsm8k/test.jsonl',
    columns: ['question', 'answer'],
    source: 'openai/gsm8k (main) on the Hugging Face hub, or openai/grade-school-math',
    hub: 'hf:openai/gsm8k/main/test',
    shots: 'hf:openai/gsm8k/main/train',
  },
  read(row) {
    const worked = text(row, ['answer']);
    const at = worked.lastIndexOf('####');
    const answer = worked.slice(at + 4).trim();
    if (at === -1 || answer === '')
      throw wrong(row, ['answer'], 'a worked answer that ends in "#### number"');
    return { question: text(row, ['question']), answer: answer.replaceAll(',', '') };
  },
  word,
};

function mathQuestion(row: Row): Question {
  const question = text(row, ['problem', 'question']);
  const level = label(row, ['level'])?.replace(/^Level /u, '');
  const subject = label(row, ['subject', 'type']);
  const id = label(row, ['unique_id']);
  return {
    ...(id !== undefined && { id }),
    question,
    answer: mathAnswer(row),
    meta: { ...(level !== undefined && { level }), ...(subject !== undefined && { subject }) },
  };
}

/** The answer column, else what the worked solution boxes last. */
function mathAnswer(row: Row): string {
  if (label(row, ['answer']) !== undefined) return answerText(row, ['answer']);
  const answer = boxedAnswer(text(row, ['solution']));
  if (answer !== null && answer.trim() !== '') return answer.trim();
  throw new UserError(
    `${row.place}: no column "answer", and the column "solution" boxes none`,
    'Write the final answer of the solution inside \\boxed{}, or add a column "answer".',
  );
}

export const math: Benchmark = {
  name: 'math',
  title: 'MATH',
  verifier: 'math',
  samples: null,
  expects: {
    file: 'data/math/test.parquet',
    columns: ['problem', 'solution|answer'],
    source: 'EleutherAI/hendrycks_math on the Hugging Face hub',
  },
  read: mathQuestion,
  word,
};

export const math500: Benchmark = {
  name: 'math-500',
  title: 'MATH-500',
  verifier: 'math',
  samples: 16,
  expects: {
    file: 'data/math-500/test.jsonl',
    columns: ['problem', 'answer|solution'],
    source: 'HuggingFaceH4/MATH-500 on the Hugging Face hub',
    hub: 'hf:HuggingFaceH4/MATH-500/test',
  },
  read: mathQuestion,
  word,
};

/** A contest problem; spellings differ between the published copies. */
function contestQuestion(row: Row): Question {
  const id = label(row, ['id', 'ID', 'Id', 'problem_idx']);
  const year = label(row, ['year', 'Year']);
  return {
    ...(id !== undefined && { id }),
    question: text(row, ['problem', 'Problem', 'question', 'Question']),
    answer: answerText(row, ['answer', 'Answer']),
    ...(year !== undefined && { meta: { year } }),
  };
}

/** Degree signs, as some answers of AIME 2025 have one. */
const DEGREES = /\^\{?\\circ\}?|\\degree|°/gu;

/** AIME answers are whole numbers from 0 to 999, at times written with three digits, or as degrees. */
function aimeQuestion(row: Row): Question {
  const question = contestQuestion(row);
  const written = question.answer!.replaceAll(/[$\s]/gu, '').replaceAll(DEGREES, '');
  if (!/^\d{1,3}$/u.test(written)) throw wrong(row, ['answer', 'Answer'], 'a whole number from 0 to 999');
  return { ...question, answer: String(Number(written)) };
}

function aime(year: number, source: string, hub: string): Benchmark {
  return {
    name: `aime-${year}`,
    title: `AIME ${year}`,
    verifier: 'math',
    samples: 64,
    expects: {
      file: `data/aime-${year}/test.parquet`,
      columns: ['problem|Problem|question', 'answer|Answer'],
      source,
      hub,
    },
    read: aimeQuestion,
    word,
  };
}

export const aime2024 = aime(
  2024,
  'HuggingFaceH4/aime_2024 or Maxwell-Jia/AIME_2024 on the Hugging Face hub',
  'hf:HuggingFaceH4/aime_2024/train',
);
export const aime2025 = aime(
  2025,
  'math-ai/aime25 or opencompass/AIME2025 on the Hugging Face hub',
  'hf:math-ai/aime25/test',
);

export const amc: Benchmark = {
  name: 'amc',
  title: 'AMC',
  verifier: 'math',
  samples: null,
  expects: {
    file: 'data/amc/test.parquet',
    columns: ['problem|question', 'answer'],
    source: 'math-ai/amc23 or AI-MO/aimo-validation-amc on the Hugging Face hub',
    hub: 'hf:math-ai/amc23/test',
  },
  read: contestQuestion,
  word,
};
