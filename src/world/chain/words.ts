/**
 * @file The small world's sentences in English and Chinese.
 *
 * Every word is one of the world's tokens (src/world/world-vocabulary.ts). Chinese words are written apart by
 * spaces, so that one rule (split at white space) reads both languages.
 */
import type { Operator, Step } from './problem.ts';

export type Language = 'en' | 'zh';
export const LANGUAGES: readonly Language[] = ['en', 'zh'];

/** The colours there are, by index, in each language. */
export const COLOURS: { readonly [language in Language]: readonly string[] } = {
  en: ['red', 'blue', 'green', 'black'],
  zh: ['红', '蓝', '绿', '黑'],
};

/** End of a document or of a response. */
export const END = '<eos>';

/** The words one language uses to reason aloud. */
interface Phrases {
  readonly operators: { readonly [operator in Operator]: string };
  readonly equals: string;
  readonly next: string;
  readonly wait: string;
  readonly conclusion: string;
}

const PHRASES: { readonly [language in Language]: Phrases } = {
  en: {
    operators: { '+': 'plus', '-': 'minus', '*': 'times' },
    equals: 'is',
    next: 'then',
    wait: 'wait',
    conclusion: 'so answer is',
  },
  zh: {
    operators: { '+': '加', '-': '减', '*': '乘' },
    equals: '得',
    next: '再',
    wait: '等等',
    conclusion: '故 答案 是',
  },
};

/** How a line of a trace opens: the first step, a later one, or the redoing of a step found wrong. */
export type Opening = 'first' | 'next' | 'wait';

/** One line of a trace: `then 37 plus 48 is 85 .` */
export function traceLine(
  opening: Opening,
  value: number,
  step: Step,
  result: number,
  language: Language,
): string {
  const phrases = PHRASES[language];
  const prefix = opening === 'first' ? '' : `${phrases[opening]} `;
  return `${prefix}${value} ${phrases.operators[step.operator]} ${step.operand} ${phrases.equals} ${result} .`;
}

/** `so answer is 85`, for a trace without tags. */
export function conclusion(answer: number, language: Language): string {
  return `${PHRASES[language].conclusion} ${answer}`;
}

/** The question: `what is 35 - 10 * 3 ?` */
export function question(expression: string, language: Language): string {
  return language === 'en' ? `what is ${expression} ?` : `求 ${expression} ?`;
}

/** A document in the form the base model reads: question, response, end. */
export function documentText(prompt: string, response: string): string {
  return `User: ${prompt} Assistant: ${response} ${END}`;
}
