/**
 * @file Correctness of a response, judged by a model behind an endpoint: for prompts that no rule can grade.
 *
 * R1 had DeepSeek-V3 compare responses with the reference answer, verdict in JSON (arXiv 2501.12948, supplementary,
 * Listing 4); the wording here is our own. Where there is no reference, the judge relies on what it knows.
 */
import { z } from 'zod';
import { Random } from '../../random.ts';
import type { Endpoint, RemoteMessage } from '../../remote/index.ts';
import { ABOUT_MATERIAL, material } from './material.ts';
import type { JudgeConfig } from './schema.ts';
import { askJson } from './verdict.ts';

/** What a judge can say. */
export type Verdict = 'right' | 'wrong' | 'unsure';

/** What is judged. */
export interface Case {
  readonly question: string;
  /** The reference answer, or null where none is known. */
  readonly reference: string | null;
  /** The answer that the response gives, its thought left out. */
  readonly answer: string;
}

const schema = z.object({ verdict: z.enum(['right', 'wrong', 'unsure']) });

const TASK = `You check answers. ${ABOUT_MATERIAL}
Decide whether the candidate answer answers the question correctly and completely.
- Judge the final result, not style, length or the way it was found.
- Other wordings, units or notations of the same result are right.
- An answer that gives several results, or none, is wrong.`;
const WITH_REFERENCE =
  '- The reference answer is true: where the candidate contradicts it, the candidate is wrong.';
const WITHOUT_REFERENCE = '- There is no reference answer: work the question out yourself before you decide.';
const FORM = `End with one JSON object and nothing after it:
{"reason": "one sentence", "verdict": "right"}
where verdict is "right", "wrong", or "unsure" if it cannot be decided.`;

function messagesFor({ question, reference, answer }: Case): RemoteMessage[] {
  const rules = [TASK, reference === null ? WITHOUT_REFERENCE : WITH_REFERENCE, FORM].join('\n');
  const texts = [
    material('question', question),
    ...(reference === null ? [] : [material('reference answer', reference)]),
    material('candidate answer', answer),
  ];
  return [
    { role: 'system', content: rules },
    { role: 'user', content: texts.join('\n\n') },
  ];
}

/**
 * The verdict, or null where the judge gave none that could be read.
 * @throws what `endpoint.chat` throws
 */
export async function judgeCorrectness(
  endpoint: Endpoint,
  one: Case,
  config: Omit<JudgeConfig, 'endpoint'>,
  signal?: AbortSignal,
): Promise<Verdict | null> {
  const { temperature, maxTokens, attempts } = config;
  // The seed follows from the case: the same case is the same request, which a cache answers.
  const seed = Random.derive(0, 'judge', one.question, one.answer).int(0, 2 ** 31 - 1);
  const options = { temperature, maxTokens, attempts, seed, ...(signal && { signal }) };
  return (await askJson(endpoint, messagesFor(one), schema, options))?.verdict ?? null;
}
