/**
 * Pairs of replies of which one is preferred, for the reward model of helpfulness: a good answer beside one that is evasive,
 * about something else, cut short, or that says everything three times.
 */
import { Random } from '@aha-r1/aha';
import { type GeneralItem, replyOf } from './general.ts';

const SEED = 2026;

export interface Pair {
  readonly prompt: string;
  readonly chosen: string;
  readonly rejected: string;
  /** What is wrong with the rejected reply. */
  readonly fault: Fault;
}

const FAULTS = ['evasive', 'other', 'cut', 'repetitive'] as const;
type Fault = (typeof FAULTS)[number];

const EVASIONS = [
  'I do not know.',
  'That is hard to say.',
  'Please ask somebody else.',
  'It depends.',
  'Maybe later.',
] as const;

/** `each` pairs of every item, each with another fault. */
export function preferencePairs(items: readonly GeneralItem[], each: number): Pair[] {
  const random = Random.derive(SEED, 'preferences');
  return items.flatMap((item) =>
    random
      .shuffle([...FAULTS])
      .slice(0, each)
      .map((fault) => ({
        prompt: item.prompt,
        chosen: replyOf(item),
        rejected: replyOf({ thought: item.thought, answer: spoilt(item, fault, items, random) }),
        fault,
      })),
  );
}

function spoilt(item: GeneralItem, fault: Fault, items: readonly GeneralItem[], random: Random): string {
  const { answer } = item;
  if (fault === 'evasive') return random.choice(EVASIONS);
  if (fault === 'other') return otherAnswer(item, items, random);
  if (fault === 'repetitive') return [answer, answer, answer].join(' ');
  const words = answer.split(' ');
  return words.slice(0, Math.ceil(words.length / 3)).join(' ');
}

/** An answer of the same kind that does not answer this prompt: a wrong fact, another language, another invitation. */
function otherAnswer({ kind, answer }: GeneralItem, items: readonly GeneralItem[], random: Random): string {
  return random.choice(items.filter((one) => one.kind === kind && one.answer !== answer)).answer;
}
