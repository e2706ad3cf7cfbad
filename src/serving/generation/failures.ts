/** @file Errors of the model's side as a client may see them: without paths and stacks. */
import { UserError } from '../../errors.ts';
import { GenerationError } from '../backend.ts';

/**
 * A GenerationError for anything thrown. What a chat template says of a conversation (the cause of its UserError) is
 * the client's to know; what is said of files is not.
 */
export function asGenerationError(error: unknown): GenerationError {
  if (error instanceof GenerationError) return error;
  if (error instanceof UserError && error.cause instanceof Error) {
    return new GenerationError('invalid', error.cause.message);
  }
  return new GenerationError('internal', 'The model failed to answer.', null, { cause: error });
}
