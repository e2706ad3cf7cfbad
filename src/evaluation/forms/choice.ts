/** @file Forms of multiple choice as lm-evaluation-harness 0.4.13 has them: a letter written, or the likeliest letter. */
import type { Prompt } from '../../records.ts';
import { HARNESS_TOKENS, type PromptForm } from './form.ts';

const LETTERS = ['A', 'B', 'C', 'D'];

function optionsOf({ meta }: Prompt): readonly string[] {
  return meta!.options as readonly string[];
}

/** Letters and digits alone, in lower case: what the harness compares. */
function bare(text: string): string {
  return text.toLowerCase().replaceAll(/[!-/:-@[-`{-~]/gu, '');
}

/** The order of options is this project's, by seed and problem; the harness draws it with Python's random generator. */
export const gpqaCot: PromptForm = {
  name: 'cot',
  benchmark: 'gpqa-diamond',
  source: 'lm-evaluation-harness 0.4.13, task gpqa_diamond_cot_zeroshot, strict-match',
  shots: 0,
  delimiter: ' ',
  stops: ['</s>'],
  maxTokens: HARNESS_TOKENS,
  ask: (prompt) => {
    const options = optionsOf(prompt).map((option, i) => `(${LETTERS[i]}) ${option}\n`);
    return `What is the correct answer to this question:${prompt.text}\nChoices:\n${options.join('')}Let's think step by step: `;
  },
  answer: (text) => /(?<=The answer is )(.*)(?=.)/u.exec(text)?.[1]?.trim() ?? null,
  right: (answer, prompt) => bare(answer) === bare(prompt.answer!),
};

/** Five examples of the question's subject; the likeliest of the four letters is the answer. */
export const mmluFewShot: PromptForm = {
  name: 'few-shot',
  benchmark: 'mmlu',
  source: 'lm-evaluation-harness 0.4.13, task mmlu',
  shots: 5,
  delimiter: ' ',
  stops: [],
  choices: LETTERS.map((letter) => ` ${letter}`),
  head: ({ meta }) => {
    const subject = typeof meta?.subject === 'string' ? ` about ${meta.subject.replaceAll('_', ' ')}` : '';
    return `The following are multiple choice questions (with answers)${subject}.\n\n`;
  },
  ask: (prompt) => {
    const options = optionsOf(prompt).map((option, i) => `${LETTERS[i]}. ${option}\n`);
    return `${prompt.text.trim()}\n${options.join('')}Answer:`;
  },
  reply: ({ answer }) => answer!,
  answer: (text) => text.trim() || null,
  right: (answer, prompt) => answer === prompt.answer,
};
