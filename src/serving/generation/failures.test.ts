import { describe, expect, it } from 'vitest';
import { UserError } from '../../errors.ts';
import { GenerationError } from '../backend.ts';
import { asGenerationError } from './failures.ts';

describe('asGenerationError', () => {
  it('tells what a template says of a conversation, and no path', () => {
    const cause = new Error('Conversation roles must alternate');
    const error = new UserError('/models/x/tokenizer_config.json: roles', 'Correct it.', { cause });
    expect(asGenerationError(error)).toMatchObject({ kind: 'invalid', message: cause.message });
    const aboutFile = new UserError(
      '/models/x/tokenizer_config.json: the chat template is too long',
      'Use another.',
    );
    const told = asGenerationError(aboutFile);
    expect([told.kind, told.message, told.cause]).toEqual([
      'internal',
      'The model failed to answer.',
      aboutFile,
    ]);
  });

  it('keeps what is told already, and hides everything else', () => {
    const told = new GenerationError('context_length', 'too long');
    expect(asGenerationError(told)).toBe(told);
    expect(asGenerationError(new TypeError('x is undefined at /src')).message).toBe(
      'The model failed to answer.',
    );
  });
});
