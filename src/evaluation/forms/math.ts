/**
 * @file Forms of mathematical benchmarks as lm-evaluation-harness 0.4.13 has them: prompts, stops and answer rules.
 *
 * What differs from the harness: the examples of GSM8K are the first rows of the training split (the harness draws them
 * for each question with Python's random generator, unless `sampler: first_n` is set), and formulas are compared by this
 * project's verifier in place of sympy.
 */
import { verifyMath } from '../../grading/verify/index.ts';
import type { Prompt } from '../../records.ts';
import { HARNESS_TOKENS, type PromptForm } from './form.ts';
import { GSM8K_COT, MINERVA } from './shots.ts';

const HARNESS = 'lm-evaluation-harness 0.4.13';
const END_TOKENS = ['</s>', '<|im_end|>'];

/** What the harness's metric does to both answers before it compares them. */
function plainNumber(text: string): string {
  return text
    .replaceAll(',', '')
    .replaceAll('$', '')
    .replaceAll(/.*#### /gsu, '')
    .replace(/\.$/u, '')
    .toLowerCase();
}

/** The last match of a rule, the first group that matched in it. */
function lastMatch(text: string, rule: RegExp): string | null {
  const found = [...text.matchAll(rule)].at(-1);
  return (
    found
      ?.slice(1)
      .find((group) => group !== undefined && group !== '')
      ?.trim() ?? null
  );
}

export const gsm8kFewShot: PromptForm = {
  name: 'few-shot',
  benchmark: 'gsm8k',
  source: `${HARNESS}, task gsm8k, strict-match`,
  shots: 5,
  delimiter: ' ',
  stops: ['Question:', ...END_TOKENS],
  maxTokens: HARNESS_TOKENS,
  ask: ({ text }) => `Question: ${text}\nAnswer:`,
  reply: ({ columns }) => columns!.answer as string,
  answer: (text) => /#### (-?[0-9.,]+)/u.exec(text)?.[1] ?? null,
  right: (answer, prompt) => plainNumber(answer) === plainNumber(prompt.answer!),
};

export const gsm8kCot: PromptForm = {
  name: 'cot',
  benchmark: 'gsm8k',
  source: `${HARNESS}, task gsm8k_cot_llama, strict-match`,
  shots: 8,
  fixed: GSM8K_COT.map(({ question, reply }) => ({ ask: cotQuestion(question), reply })),
  delimiter: '',
  stops: ['<|eot_id|>', '<|start_header_id|>user<|end_header_id|>', 'Q:', ...END_TOKENS],
  maxTokens: HARNESS_TOKENS,
  ask: ({ text }) => cotQuestion(text),
  answer: (text) => lastMatch(text, /The final answer is (?:(-?[$0-9.,]{2,})|(-?[0-9]+))/gu),
  right: (answer, prompt) => plainNumber(answer) === plainNumber(prompt.answer!),
};

function cotQuestion(question: string): string {
  return (
    'Given the following problem, reason and give a final answer to the problem.\n' +
    `Problem: ${question}\n` +
    'Your response should end with "The final answer is [answer]" where [answer] is the response to the problem.\n'
  );
}

/** The rule of Minerva (2206.14858): what the sentence that its examples end with says. */
function minervaAnswer(text: string): string | null {
  const said = /Final Answer: The final answer is(.*?). I hope it is correct\./u;
  return said.exec(`${text}I hope it is correct.`)?.[1]?.trim() ?? null;
}

function minerva(benchmark: string): PromptForm {
  return {
    name: 'few-shot',
    benchmark,
    source: `${HARNESS}, task minerva_math`,
    shots: 4,
    fixed: MINERVA.map(({ question, reply }) => ({ ask: minervaQuestion(question), reply })),
    delimiter: ' ',
    stops: ['Problem:'],
    maxTokens: HARNESS_TOKENS,
    ask: ({ text }) => minervaQuestion(text),
    answer: minervaAnswer,
    right: equalMath,
  };
}

function minervaQuestion(question: string): string {
  return `Problem:\n${question}\n\nSolution:`;
}

async function equalMath(answer: string, { answer: reference }: Prompt): Promise<boolean> {
  return (await verifyMath(reference!, `\\boxed{${answer}}`)) === true;
}

export const math500FewShot = minerva('math-500');
export const mathFewShot = minerva('math');

/** The last box; else what stands between the first and the last dollar sign; else all of it. */
function aimeAnswer(text: string): string {
  const boxed = lastBox(text);
  if (boxed !== null) return boxed;
  const [first, last] = [text.indexOf('$'), text.lastIndexOf('$')];
  return first < last ? text.slice(first + 1, last) : text;
}

/** As the harness finds it: `\boxed 7` counts too, and a box that is not closed is none. */
function lastBox(text: string): string | null {
  if (text.includes('\\boxed ')) return text.split('\\boxed ').at(-1)!.split('$')[0]!;
  const start = text.lastIndexOf('\\boxed{');
  if (start < 0) return null;
  let open = 0;
  for (let at = start + '\\boxed'.length; at < text.length; at++) {
    if (text[at] === '{') open += 1;
    if (text[at] === '}') open -= 1;
    if (open === 0) return text.slice(start + '\\boxed{'.length, at);
  }
  return null;
}

function aime(year: number): PromptForm {
  return {
    name: 'plain',
    benchmark: `aime-${year}`,
    source: `${HARNESS}, task aime${year % 100}`,
    shots: 0,
    delimiter: ' ',
    stops: ['Question:', ...END_TOKENS, '<|eot_id|>'],
    ask: ({ text }) => `Question: ${text}\nAnswer:`,
    answer: aimeAnswer,
    right: equalMath,
  };
}

export const aime2024Plain = aime(2024);
export const aime2025Plain = aime(2025);
