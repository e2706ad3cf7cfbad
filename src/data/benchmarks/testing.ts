/** @file Rows of every benchmark, written for tests, with the columns of the published files. */
import type { Json } from '../../records.ts';
import type { Row } from '../files/row.ts';

type Fields = { readonly [column: string]: Json };

/** Rows as a reader would give them. */
export function rowsOf(...all: readonly Fields[]): Row[] {
  return all.map((fields, i) => ({ fields, number: i + 1, place: `rows.jsonl:${i + 1}` }));
}

const stdinTest = { input: '1 2\n', output: '3\n', testtype: 'stdin' };

/** Two to three rows of each benchmark, by name. */
export const FIXTURES: { readonly [benchmark: string]: readonly Fields[] } = {
  gsm8k: [
    { question: 'Ann has 3 boxes of 6 pens. How many pens?', answer: '3*6=<<3*6=18>>18 pens.\n#### 18' },
    { question: 'A car costs $1,200 and loses half. What is left?', answer: 'Half of it.\n#### 1,200' },
  ],
  math: [
    {
      problem: 'What is $\\frac12+\\frac12$?',
      level: 'Level 1',
      type: 'Prealgebra',
      solution: 'It is $\\boxed{1}$.',
    },
    {
      problem: 'Halve $\\frac{1}{2}$.',
      level: 'Level 2',
      type: 'Algebra',
      solution: 'First \\boxed{x}, then $\\boxed{\\frac{1}{4}}$.',
    },
  ],
  'math-500': [
    {
      problem: 'Solve $x=2$.',
      solution: '\\boxed{9}',
      answer: '2',
      subject: 'Algebra',
      level: 1,
      unique_id: 'test/algebra/1.json',
    },
    {
      problem: 'Solve $x=3$.',
      solution: '\\boxed{3}',
      answer: '3',
      subject: 'Algebra',
      level: 5,
      unique_id: 'test/algebra/2.json',
    },
  ],
  'aime-2024': [
    { id: 60, problem: 'Count to five.', solution: '…', answer: '005', url: 'x', year: '2024' },
    { ID: '2024-I-2', Problem: 'Count to 73.', Solution: '…', Answer: 73 },
  ],
  'aime-2025': [
    { problem_idx: 1, problem: 'Count to 70.', answer: 70 },
    { question: 'Count to 588.', answer: '588' },
  ],
  amc: [
    { id: 0, question: 'Half of 54?', answer: 27.0, url: 'x' },
    { id: 1, problem: 'Half of 9?', answer: '4.5' },
  ],
  'gpqa-diamond': [
    {
      'Record ID': 'rec1',
      Question: 'Which particle has no charge?',
      'Correct Answer': 'neutron ',
      'Incorrect Answer 1': 'proton',
      'Incorrect Answer 2': 'electron',
      'Incorrect Answer 3': 'muon',
      'High-level domain': 'Physics',
    },
    {
      'Record ID': 'rec2',
      Question: 'Which gas is noble?',
      'Correct Answer': 'argon',
      'Incorrect Answer 1': 'oxygen',
      'Incorrect Answer 2': 'nitrogen',
      'Incorrect Answer 3': 'hydrogen',
      'High-level domain': 'Chemistry',
    },
  ],
  mmlu: [
    { question: 'Two plus two?', subject: 'arithmetic', choices: ['3', '4', '5', '6'], answer: 1 },
    { question: 'Sky colour?', A: 'red', B: 'green', C: 'blue', D: 'pink', answer: 'C' },
  ],
  livecodebench: [
    {
      question_title: 'Add',
      question_content: 'Read two numbers and print their sum.',
      platform: 'atcoder',
      question_id: 'abc001_a',
      contest_date: '2024-09-01T00:00:00',
      starter_code: '',
      difficulty: 'easy',
      public_test_cases: JSON.stringify([stdinTest]),
      private_test_cases: JSON.stringify([{ ...stdinTest, input: '5 6\n', output: '11\n' }]),
      metadata: '{}',
    },
    {
      question_title: 'Twice',
      question_content: 'Return twice the number.',
      platform: 'leetcode',
      question_id: '3000',
      contest_date: '2024-10-01T00:00:00',
      starter_code: 'class Solution:\n    def twice(self, n: int, names: List[str]) -> int:\n        ',
      difficulty: 'medium',
      public_test_cases: JSON.stringify([{ input: '2\n["a"]', output: '4', testtype: 'functional' }]),
      private_test_cases: '',
      metadata: '{"func_name": "twice"}',
    },
  ],
  humaneval: [
    {
      task_id: 'Own/0',
      prompt: 'from typing import List\n\n\ndef total(xs: List[int]) -> int:\n    """Sum of xs."""\n',
      canonical_solution: '    return sum(xs)\n',
      test: 'def check(candidate):\n    assert candidate([1, 2]) == 3\n',
      entry_point: 'total',
    },
  ],
  mbpp: [
    {
      task_id: 1,
      text: 'Write a function to double a number.',
      code: 'def double(n): return 2 * n',
      test_list: ['assert double(2) == 4', 'assert double(0) == 0'],
      test_setup_code: '',
    },
    {
      task_id: 2,
      prompt: 'Write a function to find the root of a number.',
      code: '…',
      test_imports: ['import math'],
      test_list: ['assert math.isclose(root(4), 2)'],
    },
  ],
  ifeval: [
    {
      key: 1000,
      prompt: 'Describe rain without commas in at least 5 words.',
      instruction_id_list: ['punctuation:no_comma', 'length_constraints:number_words'],
      kwargs: [
        { num_words: null, relation: null },
        { num_words: 5, relation: 'at least' },
      ],
    },
    {
      key: 1001,
      prompt: 'Answer in French.',
      instruction_id_list: ['language:response_language'],
      kwargs: [{ language: 'fr' }],
    },
  ],
};
