import { describe, expect, it } from 'vitest';
import { cpuMilliseconds } from '../../../../tests/support/cpu-time.ts';
import type { Json } from '../../../records.ts';
import { followed, INSTRUCTION_IDS, requireInstruction, type Strictness } from './verify.ts';

const follows = (
  id: string,
  given: { [name: string]: Json },
  reply: string,
  strictness: Strictness = 'strict',
) => followed(reply, [{ id, arguments: given }], strictness)[0];

const JSON_REPLY = '```json\n{"a": [1]}\n```';
const LEAST = 'at least';
const LESS = 'less than';

/** Instruction, arguments, a reply that follows it, and one that does not. */
const PAIRS: readonly [id: string, given: { [name: string]: Json }, yes: string, no: string][] = [
  ['keywords:existence', { keywords: ['rain', 'C++'] }, 'Rain and c++.', 'Rain and C.'],
  ['keywords:frequency', { keyword: 'ha', frequency: 3, relation: LEAST }, 'Ha ha ha', 'ha ha'],
  ['keywords:frequency', { keyword: 'ha', frequency: 3, relation: LESS }, 'ha ha', 'ha ha ha'],
  ['keywords:forbidden_words', { forbidden_words: ['art'] }, 'A party.', 'Fine Art!'],
  ['keywords:forbidden_words', { forbidden_words: ['c++'] }, 'Plain c.', 'Use C++, say'],
  ['keywords:letter_frequency', { letter: 'o', let_frequency: 3, let_relation: LEAST }, 'Oo o', 'o o'],
  ['keywords:letter_frequency', { letter: '!', let_frequency: 2, let_relation: LESS }, 'a!', '!!'],
  [
    'language:response_language',
    { language: 'fr' },
    'Il pleut sur la ville et les toits.',
    'It is raining on the roof.',
  ],
  [
    'language:response_language',
    { language: 'ur' },
    'یہ ایک اچھا دن ہے اور میں خوش',
    'این یک روز خوب است که در آن',
  ],
  [
    'length_constraints:number_sentences',
    { num_sentences: 3, relation: LEAST },
    'One. Two! Three?',
    'One, e.g. this. Two.',
  ],
  [
    'length_constraints:number_sentences',
    { num_sentences: 2, relation: LESS },
    'Dr. Who\nis here.',
    'A b. C d.',
  ],
  ['length_constraints:number_paragraphs', { num_paragraphs: 2 }, 'a\n***\nb', 'a\n\nb'],
  ['length_constraints:number_paragraphs', { num_paragraphs: 2 }, '***\na\n***\nb\n***', 'a *** *** b'],
  ['length_constraints:number_words', { num_words: 4, relation: LEAST }, 'one two three four', "it's fine"],
  [
    'length_constraints:nth_paragraph_first_word',
    { num_paragraphs: 2, nth_paragraph: 2, first_word: 'Then' },
    'First.\n\n"Then, it',
    'Then.\n\nFirst it',
  ],
  [
    'length_constraints:nth_paragraph_first_word',
    { num_paragraphs: 2, nth_paragraph: 1, first_word: 'a' },
    'a b\n\nc',
    'a b\n\nc\n\nd',
  ],
  ['detectable_content:number_placeholders', { num_placeholders: 2 }, '[name] at [address]', '[name] only'],
  ['detectable_content:postscript', { postscript_marker: 'P.S.' }, 'Bye.\nP. S. more', 'Bye. PS more'],
  ['detectable_content:postscript', { postscript_marker: 'P.P.S' }, 'p.p.s again', 'P.S. once'],
  ['detectable_format:number_bullet_lists', { num_bullets: 2 }, 'x\n* a\n - b', '* a\n* b\n* c'],
  ['detectable_format:number_bullet_lists', { num_bullets: 1 }, '**bold**\n- a', '**bold**'],
  ['detectable_format:constrained_response', {}, 'Well. My answer is maybe.', 'My answer is perhaps.'],
  ['detectable_format:number_highlighted_sections', { num_highlights: 2 }, '*a* and *b c*', '*a* and * *'],
  [
    'detectable_format:multiple_sections',
    { section_spliter: 'SECTION', num_sections: 2 },
    'SECTION 1\na\nSECTION 2\nb',
    'SECTION 1\na\nSection 2',
  ],
  ['detectable_format:json_format', {}, JSON_REPLY, '{"a": 1} that is it'],
  ['detectable_format:title', {}, '<<A title>>\ntext', '<< >> text'],
  ['combination:two_responses', {}, 'one\n******\ntwo', 'same ****** same'],
  ['combination:two_responses', {}, 'one ****** two', 'one ****** two ****** three'],
  ['combination:repeat_prompt', { prompt_to_repeat: 'Say why.' }, 'say why. Because.', 'Because. Say why.'],
  ['startend:end_checker', { end_phrase: 'Any questions?' }, 'Done. any questions?"', 'Any questions? Done.'],
  ['startend:quotation', {}, '"All of it."', '"Part" of it'],
  [
    'change_case:capital_word_frequency',
    { capital_frequency: 2, capital_relation: LEAST },
    'NO and ALL-CAPS',
    'No and ALL',
  ],
  ['change_case:english_capital', {}, 'THE END OF IT.', 'THE End OF IT.'],
  ['change_case:english_lowercase', {}, 'the end of it.', 'der Hund und die Katze'],
  ['punctuation:no_comma', {}, 'No comma; none.', 'One, two'],
];

describe('instructions', () => {
  it('are the 25 of IFEval, each tested', () => {
    expect(INSTRUCTION_IDS).toHaveLength(25);
    expect([...new Set(PAIRS.map(([id]) => id))].sort()).toEqual([...INSTRUCTION_IDS].sort());
  });

  it.each(PAIRS)('%s %j', (id, given, yes, no) => {
    expect(follows(id, given, yes)).toBe(true);
    expect(follows(id, given, no)).toBe(false);
  });

  it('are followed by no empty reply', () => {
    expect(follows('punctuation:no_comma', {}, ' \n')).toBe(false);
    expect(follows('punctuation:no_comma', {}, '*', 'loose')).toBe(true);
  });

  it('are judged loosely without first line, last line and asterisks', () => {
    const reply = 'Sure, here it is:\n*quiet* words\nHope, that helps';
    expect(follows('punctuation:no_comma', {}, reply)).toBe(false);
    expect(follows('punctuation:no_comma', {}, reply, 'loose')).toBe(true);
    expect(follows('startend:quotation', {}, '**"a"**')).toBe(false);
    expect(follows('startend:quotation', {}, '**"a"**', 'loose')).toBe(true);
  });

  it('are refused where unknown or without their arguments', () => {
    expect(() => requireInstruction({ id: 'toString', arguments: {} })).toThrow(
      /no instruction is named "toString"/,
    );
    expect(() => requireInstruction({ id: 'keywords:existence', arguments: { keywords: [] } })).toThrow(
      RangeError,
    );
    expect(() => follows('language:response_language', { language: 'xx' }, 'a')).toThrow(/language/);
  });

  it('cost time in proportion to the reply', () => {
    const reply = '*[<<a, '.repeat(20_000);
    for (const [id, given] of PAIRS) {
      const began = cpuMilliseconds();
      for (const hostile of [reply, '\n '.repeat(50_000), '"'.repeat(100_000)]) follows(id, given, hostile);
      expect(cpuMilliseconds() - began, id).toBeLessThan(2000);
    }
  });
});
