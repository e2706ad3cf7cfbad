/** @file The format of a request that has to be compiled. */
import type { FormatSource } from '../../inference/constraint/index.ts';
import type { ToolCallSyntax } from '../../text/index.ts';
import { GenerationError, type GenerationRequest } from '../backend.ts';

/**
 * null where the answer is free.
 * @param syntax - how the model calls tools; null where its template knows none
 * @throws GenerationError where a call is forced that the model cannot write
 */
export function formatSource(
  { format, prompt }: GenerationRequest,
  syntax: ToolCallSyntax | null,
): FormatSource | null {
  if (format.type === 'text') return null;
  if (format.type !== 'tool_call') return format;
  if (syntax === null) {
    throw new GenerationError(
      'invalid',
      'This model’s chat template knows no tools: tool_choice cannot be forced.',
    );
  }
  return { ...format, syntax, tools: prompt.kind === 'chat' ? (prompt.tools ?? []) : [] };
}
