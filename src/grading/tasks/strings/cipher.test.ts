import { describe, expect, it } from 'vitest';
import { Random } from '../../../random.ts';
import { caesarCipher, shifted, substitutionCipher, vigenereCipher } from './cipher.ts';

const problem = (message: string, key: string) => ({ text: '', answer: '', meta: { message, key } });

describe('ciphers', () => {
  it('decipher known messages', () => {
    expect(caesarCipher.solve(problem('khoor zruog', '3'))).toEqual(['hello world']);
    expect(vigenereCipher.solve(problem('lxfopvefrnhr', 'lemon'))).toEqual(['attackatdawn']);
    expect(vigenereCipher.solve(problem('lxf opve', 'lemon'))).toEqual(['att acka']);
    expect(substitutionCipher.solve(problem('zab', 'bcdefghijklmnopqrstuvwxyza'))).toEqual(['yza']);
  });

  it('shift round the alphabet both ways', () => {
    expect(shifted('xyz abc', () => 3)).toBe('abc def');
    expect(shifted('abc', () => -29)).toBe('xyz');
  });

  it('take any case and white space, not other letters', () => {
    const made = caesarCipher.generate(Random.derive(1), 3);
    expect(caesarCipher.score(made.answer.toUpperCase().replaceAll(' ', '\n '), made)).toBe(1);
    expect(caesarCipher.score(`"${made.answer}."`, made)).toBe(1);
    expect(caesarCipher.score(made.answer.replaceAll(' ', ''), made)).toBe(0);
    expect(caesarCipher.score(`${made.answer} x`, made)).toBe(0);
  });
});
