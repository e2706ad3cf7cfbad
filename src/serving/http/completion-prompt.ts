/**
 * @file The `prompt` of a text completion in OpenAI's four forms: a text, token ids, and lists of either.
 *
 * Read by hand: a union of array schemas would look for a fault in every element once for each form, and a body may hold
 * a million ids.
 */
import { z } from 'zod';

/** Prompts of one body; how many replies a server takes at once is bounded besides. */
const MOST_PROMPTS = 2048;

export interface CompletionPrompts {
  /** Texts or token ids, at least one of them and none empty. */
  readonly list: readonly (string | readonly number[])[];
  /** The body names one prompt and no list of prompts. */
  readonly single: boolean;
}

interface Fault {
  readonly path: readonly number[];
  readonly message: string;
}

/** For the API's description. */
export const tokenIdsSchema = z.array(z.int().min(0)).min(1).meta({ id: 'TokenIds' });

const isId = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
const NO_ID = 'expected a token id, a whole number from 0';

export const promptField = z
  .unknown()
  .superRefine((value, context) => {
    const fault = faultOf(value);
    if (fault !== null) context.addIssue({ code: 'custom', path: [...fault.path], message: fault.message });
  })
  .transform((value): CompletionPrompts => {
    const isList = Array.isArray(value) && typeof value[0] !== 'number';
    const list = (isList ? value : [value]) as CompletionPrompts['list'];
    return { list, single: !isList };
  })
  .meta({
    description: 'One prompt or several, each a text or token ids',
    anyOf: [
      { type: 'string' },
      { type: 'array', items: { type: 'string' }, minItems: 1, maxItems: MOST_PROMPTS },
      { $ref: '#/components/schemas/TokenIds' },
      {
        type: 'array',
        items: { $ref: '#/components/schemas/TokenIds' },
        minItems: 1,
        maxItems: MOST_PROMPTS,
      },
    ],
  });

/** What is wrong with a prompt, and where in it; null where nothing is. */
function faultOf(value: unknown): Fault | null {
  if (typeof value === 'string') return null;
  if (!Array.isArray(value)) return { path: [], message: 'expected a string, token ids, or a list of these' };
  if (value.length === 0) return { path: [], message: 'expected at least one prompt' };
  if (typeof value[0] === 'number') return faultOfIds(value, []);
  if (value.length > MOST_PROMPTS) return { path: [], message: `expected at most ${MOST_PROMPTS} prompts` };
  for (const [i, one] of value.entries()) {
    // Told apart by the first: texts and ids are not mixed.
    if (typeof value[0] === 'string') {
      if (typeof one !== 'string') return { path: [i], message: 'expected a string like the first prompt' };
      continue;
    }
    if (!Array.isArray(one)) return { path: [i], message: 'expected a string or token ids' };
    const fault = faultOfIds(one, [i]);
    if (fault !== null) return fault;
  }
  return null;
}

function faultOfIds(ids: readonly unknown[], path: readonly number[]): Fault | null {
  if (ids.length === 0) return { path, message: 'expected at least one token id' };
  const at = ids.findIndex((id) => !isId(id));
  return at === -1 ? null : { path: [...path, at], message: NO_ID };
}
