/**
 * @file Python functions checked by assertions: HumanEval (2107.03374) and MBPP (2108.07732), and files of their shape.
 */
import type { Json } from '../../records.ts';
import type { Row } from '../files/row.ts';
import type { Benchmark } from './benchmark.ts';
import { label, optional, text, texts } from './columns.ts';

const FORM = 'Put the complete program into one ```python code block at the end of your reply.';

/** What a prompt imports before its function, so that a reply that leaves the imports out runs. */
function imports(prompt: string): string {
  return prompt
    .split('\n')
    .filter((line) => /^(?:import|from)\s/u.test(line))
    .join('\n');
}

export const humaneval: Benchmark = {
  name: 'humaneval',
  title: 'HumanEval',
  verifier: 'code',
  samples: null,
  expects: {
    file: 'data/humaneval/test.parquet',
    columns: ['prompt', 'test', 'entry_point'],
    source: 'openai/openai_humaneval on the Hugging Face hub, or openai/human-eval',
  },
  read(row) {
    const question = text(row, ['prompt']);
    const id = label(row, ['task_id']);
    const prelude = imports(question);
    const test = `${text(row, ['test'])}\n\ncheck(${text(row, ['entry_point'])})\n`;
    return {
      ...(id !== undefined && { id }),
      question,
      answer: null,
      meta: { language: 'python', tests: { code: [test] }, ...(prelude !== '' && { prelude }) },
    };
  },
  word: ({ question }) =>
    `Complete this Python function. ${FORM}\n\n\`\`\`python\n${question.trimEnd()}\n\`\`\``,
};

/** What is run before each assertion: `test_setup_code` of the full file, `test_imports` of the sanitised one. */
function setUp(row: Row): string {
  const parts = optional(row, ['test_imports']) === undefined ? [] : texts(row, ['test_imports']);
  return [...parts, label(row, ['test_setup_code']) ?? ''].filter((part) => part !== '').join('\n');
}

export const mbpp: Benchmark = {
  name: 'mbpp',
  title: 'MBPP',
  verifier: 'code',
  samples: null,
  expects: {
    file: 'data/mbpp/test.parquet',
    columns: ['text|prompt', 'test_list', 'test_setup_code, test_imports (may be missing)'],
    source: 'google-research-datasets/mbpp on the Hugging Face hub',
  },
  read(row) {
    const id = label(row, ['task_id']);
    const before = setUp(row);
    const assertions = texts(row, ['test_list']);
    const code = assertions.map((assertion) => (before === '' ? assertion : `${before}\n${assertion}`));
    return {
      ...(id !== undefined && { id }),
      question: text(row, ['text', 'prompt']),
      answer: null,
      meta: { language: 'python', tests: { code }, assertions } satisfies { [key: string]: Json },
    };
  },
  word: ({ question, meta }) =>
    `${question.trim()} Write it in Python. ${FORM}\n\nYour code should pass these tests:\n\n\`\`\`python\n${(meta!.assertions as readonly string[]).join('\n')}\n\`\`\``,
};
