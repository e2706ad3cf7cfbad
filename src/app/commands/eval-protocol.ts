/**
 * @file Protocol of a benchmark (form, shots, sampling): of the command line, else of the model card, else what is usual
 * for the prompt form, else of the DeepSeek-R1 paper.
 */
import { type CardScore, cardScores, findForm, repoOf } from '../../evaluation/index.ts';
import type { EvalOptions } from './eval-options.ts';

/** What decides the responses to a benchmark, beside the model. */
export interface MeasuredAs {
  readonly form?: string | undefined;
  readonly shots?: number | undefined;
  readonly thinking?: boolean | undefined;
  readonly temperature: number;
  readonly topP: number;
  readonly topK: number;
  readonly maxTokens?: number | undefined;
  readonly k?: number | undefined;
}

/** Sampling of the paper. */
export const PAPER_SAMPLING = { temperature: 0.6, topP: 0.95 } as const;

/** lm-evaluation-harness, whose forms these are, decodes one response greedily. */
const HARNESS = { temperature: 0, samples: 1 } as const;

/** @param bench - a name of `--bench` */
export function measuredAs(bench: string, options: EvalOptions): MeasuredAs {
  const card = cardProtocol(bench, options) ?? {};
  const form = options.form ?? card.form;
  const found = form === undefined ? undefined : findForm(bench, form);
  const usual = found === undefined ? {} : { ...HARNESS, maxTokens: found.maxTokens };
  const said: CardScore['protocol'] = { ...usual, ...card };
  const { temperature = PAPER_SAMPLING.temperature, topP = PAPER_SAMPLING.topP, topK = 0 } = said;
  return {
    form,
    shots: options.shots ?? card.shots,
    thinking: options.thinking === undefined ? card.thinking : options.thinking === 'on',
    temperature: options.temperature ?? temperature,
    topP: options.topP ?? topP,
    topK: options.topK ?? topK,
    maxTokens: options.maxTokens ?? said.maxTokens,
    k: options.k ?? said.samples,
  };
}

/** The protocol of the score that is published of the model in the form and mode that are asked for. */
function cardProtocol(bench: string, { source, form, thinking }: EvalOptions): CardScore['protocol'] | null {
  const repo = source === undefined ? null : repoOf(source);
  if (repo === null) return null;
  const fits = cardScores(repo, bench).filter(
    ({ protocol }) =>
      (form === undefined || (protocol.form ?? 'zero-shot') === form) &&
      (thinking === undefined || (protocol.thinking ?? thinking === 'on') === (thinking === 'on')),
  );
  return fits[0]?.protocol ?? null;
}
