/** @file A completion for tests that need a record, not a model. */
import type { Completion, Prompt } from '../../src/records.ts';
import { readResponse } from '../../src/text/index.ts';

/** A completion with the given text; tokens are `length` zeros. `opened`: the prompt opened the thought. */
export function completionOf(
  text: string,
  options: {
    prompt?: Partial<Prompt>;
    finish?: Completion['finish'];
    length?: number;
    opened?: boolean;
  } = {},
): Completion {
  const length = options.length ?? 3;
  return {
    prompt: { id: 'test/1', task: 'chain', text: 'what is 40 + 2 ?', answer: '42', ...options.prompt },
    promptTokens: Int32Array.of(1, 2),
    tokens: new Int32Array(length),
    logprobs: new Float32Array(length),
    text,
    response: readResponse(text, { opened: options.opened ?? false }),
    finish: options.finish ?? 'stop',
    policyVersion: 0,
  };
}
