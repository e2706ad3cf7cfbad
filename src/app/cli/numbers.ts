/** @file Numbers and lists of numbers as options of a command. */
import { InvalidArgumentError } from 'commander';

/** Which numbers an option takes. */
export interface NumberRange {
  readonly min?: number;
  /** Numbers above this one, itself left out. */
  readonly above?: number;
  readonly max?: number;
  readonly integer?: boolean;
}

/** Parser of an option that takes one number. */
export function numberOption({
  min = Number.NEGATIVE_INFINITY,
  above = Number.NEGATIVE_INFINITY,
  max = Number.POSITIVE_INFINITY,
  integer = false,
}: NumberRange) {
  return (text: string): number => {
    const value = text.trim() === '' ? Number.NaN : Number(text);
    const isKind = integer ? Number.isSafeInteger(value) : Number.isFinite(value);
    if (isKind && value >= min && value > above && value <= max) return value;
    const kind = integer ? 'a whole number' : 'a number';
    const bounds = [
      Number.isFinite(min) && `from ${min}`,
      Number.isFinite(above) && `above ${above}`,
      Number.isFinite(max) && `up to ${max}`,
    ].filter(Boolean);
    throw new InvalidArgumentError(`Expected ${[kind, ...bounds].join(' ')}.`);
  };
}

/** Parses token ids: `5,6,7`; spaces are allowed. */
export function tokenIds(text: string): number[] {
  const parts = text.split(',').map((part) => part.trim());
  if (parts.every((part) => /^\d+$/.test(part))) return parts.map(Number);
  throw new InvalidArgumentError('Expected token ids separated by commas, such as 5,6,7.');
}
