/**
 * @file Ciphers to undo, with the key given: Caesar (one shift), Vigenère (a shift for each letter of a key word) and
 * simple substitution (a table of letters). Only letters are enciphered; spaces stay.
 */
import type { Random } from '../../../random.ts';
import { scoreText } from '../answers.ts';
import { atLevel } from '../difficulty.ts';
import type { Problem, TaskFamily } from '../family.ts';
import { WORDS } from './vocabulary.ts';

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz';

/** Words in a message, of each level. */
const LEVELS = [1, 2, 4, 7, 12] as const;

/** `text` with its n-th letter (spaces not counted) moved on by `shift(n)` places, round the alphabet. */
export function shifted(text: string, shift: (n: number) => number): string {
  let n = 0;
  return [...text]
    .map((letter) => {
      const at = ALPHABET.indexOf(letter);
      return at === -1 ? letter : ALPHABET[(((at + shift(n++)) % 26) + 26) % 26]!;
    })
    .join('');
}

/** How one cipher works: a random key, its words for the reader, and both ways. */
interface Cipher {
  readonly name: string;
  readonly description: string;
  randomKey(random: Random): string;
  explained(key: string): string;
  encipher(plain: string, key: string): string;
  decipher(cipher: string, key: string): string;
}

function family(cipher: Cipher): TaskFamily {
  return {
    name: cipher.name,
    description: cipher.description,
    levels: LEVELS.length,
    unique: true,
    generate(random, level) {
      const count = atLevel(LEVELS, level);
      const plain = Array.from({ length: count }, () => random.choice(WORDS)).join(' ');
      const key = cipher.randomKey(random);
      const message = cipher.encipher(plain, key);
      const text =
        `${cipher.explained(key)}\nDecipher this message: ${message}\n` +
        'Answer with the deciphered message alone, in lower case.';
      return { text, answer: plain, meta: { key, message, size: count } };
    },
    score: (answer, problem) => scoreText(answer, problem.answer),
    solve: ({ meta }: Problem) => [cipher.decipher(meta.message as string, meta.key as string)],
  };
}

/** Caesar's cipher. */
export const caesarCipher = family({
  name: 'caesar-cipher',
  description: 'Decipher a message whose letters were all moved on by one shift.',
  randomKey: (random) => String(random.int(1, 25)),
  explained: (key) =>
    `In a message each letter was replaced by the letter ${key} place${key === '1' ? '' : 's'} later in the alphabet, ` +
    'a following after z.',
  encipher: (plain, key) => shifted(plain, () => Number(key)),
  decipher: (message, key) => shifted(message, () => -Number(key)),
});

const keyShift = (key: string, n: number) => ALPHABET.indexOf(key[n % key.length]!);

/** Vigenère's cipher. */
export const vigenereCipher = family({
  name: 'vigenere-cipher',
  description: 'Decipher a message whose letters were moved on by the letters of a key word.',
  randomKey: (random) => random.choice(WORDS.filter((word) => word.length <= 5)),
  explained: (key) =>
    `A message was enciphered with the Vigenère cipher and the key "${key}": its letters, spaces not counted, were ` +
    'moved on in the alphabet by the letters of the key in turn (a by 0, b by 1, … z by 25), a following after z.',
  encipher: (plain, key) => shifted(plain, (n) => keyShift(key, n)),
  decipher: (message, key) => shifted(message, (n) => -keyShift(key, n)),
});

const replaced = (text: string, from: string, to: string) =>
  [...text].map((letter) => to[from.indexOf(letter)] ?? letter).join('');

/** Simple substitution. */
export const substitutionCipher = family({
  name: 'substitution-cipher',
  description: 'Decipher a message whose letters were replaced by a table.',
  randomKey: (random) => random.shuffle([...ALPHABET]).join(''),
  explained: (key) =>
    'In a message each letter was replaced by another; the first row below holds the letters, the second what stands ' +
    `for them.\n${[...ALPHABET].join(' ')}\n${[...key].join(' ')}`,
  encipher: (plain, key) => replaced(plain, ALPHABET, key),
  decipher: (message, key) => replaced(message, key, ALPHABET),
});
