/** @file Errors of the model's side as a client may see them: without paths and stacks. */
import { UserError } from '../../errors.ts';
import { GenerationError } from '../backend.ts';

/**
 * A GenerationError for anything thrown. What a chat template or a grammar says of a request is the client's to know;
 * what it says of files is not.
 */
export function asGenerationError(error: unknown): GenerationError {
  if (error instanceof GenerationError) return error;
  if (error instanceof UserError) {
    const said = error.cause instanceof Error ? error.cause.message : error.message;
    return new GenerationError('invalid', said);
  }
  return new GenerationError('internal', 'The model failed to answer.', null, { cause: error });
}
