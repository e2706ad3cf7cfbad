/** @file What chat and text completions both say of how replies come. */
import type { z } from 'zod';
import { ApiError } from './errors.ts';
import type { replyFields } from './request-fields.ts';

type ReplyFields = z.output<z.ZodObject<typeof replyFields>>;

export function stopStrings({ stop }: Pick<ReplyFields, 'stop'>): readonly string[] {
  return typeof stop === 'string' ? [stop] : (stop ?? []);
}

/**
 * Whether the usage is to have a chunk of its own.
 * @throws ApiError where options of a stream are given without one
 */
export function usageChunk(asked: Pick<ReplyFields, 'stream' | 'stream_options'>): boolean {
  if (asked.stream_options == null) return false;
  if (asked.stream !== true) {
    throw new ApiError(400, 'stream_options: only with stream: true', { param: 'stream_options' });
  }
  return asked.stream_options.include_usage === true;
}
