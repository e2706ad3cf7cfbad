/**
 * @file The 96 words of the small worlds: arithmetic from left to right and some small talk, in English and Chinese.
 *
 * Numbers are written digit by digit; every other token is a whole word between blanks.
 */

/** What the model is told and tells by other means than words of a language. */
export const WORLD_TAGS = [
  '<pad>',
  '<eos>',
  'User:',
  'Assistant:',
  '<think>',
  '</think>',
  '<answer>',
  '</answer>',
] as const;

export const WORLD_DIGITS = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'] as const;

export const WORLD_SIGNS = ['+', '-', '*', '?', '.', ',', '!', ':'] as const;

const ENGLISH =
  'then plus minus times is check wait so answer what hello how can i help who are you am a person repeat ' +
  'red blue green black r1 tell warm cold bright dark sorry not secret';
/** Words that count as English when the language of a thought is judged. */
export const WORLD_ENGLISH: readonly string[] = ENGLISH.split(' ');

const CHINESE =
  '再 加 减 乘 得 验 等等 故 答案 求 你好 能 帮 你 吗 谁 是 我 人 重复 红 蓝 绿 黑 讲 暖 冷 亮 暗 抱歉 不 秘密';
/** Words that count as Chinese when the language of a thought is judged. */
export const WORLD_CHINESE: readonly string[] = CHINESE.split(' ');

/** Words that the search world has beside those of the chain world. */
const SEARCH = ['make', 'from'] as const;

/** Number of ids; places no word takes are reserved. */
export const WORLD_VOCABULARY_SIZE = 96;

/** Stands for any word the world does not know. */
export const WORLD_UNKNOWN = '<unk>';

/** All tokens; the index is the id. */
export const WORLD_VOCABULARY: readonly string[] = fill([
  ...WORLD_TAGS,
  ...WORLD_DIGITS,
  ...WORLD_SIGNS,
  ...WORLD_ENGLISH,
  ...WORLD_CHINESE,
  WORLD_UNKNOWN,
  ...SEARCH,
]);

function fill(words: readonly string[]): string[] {
  const reserved = Array.from({ length: WORLD_VOCABULARY_SIZE - words.length }, (_, i) => `<reserved_${i}>`);
  return [...words, ...reserved];
}
