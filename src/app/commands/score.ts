/** @file `aha score`: how probable a checkpoint finds a text. */
import { UsageError, UserError } from '../../errors.ts';
import { loadReader, sampledPositions, useReadingNumerics } from '../../models/index.ts';
import type { ReadingPrecision } from '../../precision.ts';
import { LogprobPass } from '../../rl/loss/index.ts';
import { Tokenizer } from '../../text/index.ts';
import { indices, noGrad, resolveDevice, scope } from '../../torch/index.ts';

export interface ScoreOptions {
  /** Token ids, or a text to be tokenised: one of the two. */
  readonly ids?: readonly number[];
  readonly text?: string;
  readonly device: string;
  /** auto unless given. */
  readonly precision?: ReadingPrecision;
}

export interface ScoreResult {
  readonly tokens: readonly number[];
  /** Mean next-token cross-entropy, nats: −mean of `logprobs`. */
  readonly loss: number;
  /** log π(token | tokens before) of every token but the first. */
  readonly logprobs: readonly number[];
}

/**
 * @throws UsageError when neither or both of ids and text are given, or there are fewer than two tokens, or more than the
 *   model's context holds
 */
export function score(checkpoint: string, options: ScoreOptions): ScoreResult {
  const tokens = tokensOf(() => Tokenizer.load(checkpoint), options, '--text');
  const device = resolveDevice(options.device);
  const model = loadReader(checkpoint, device, useReadingNumerics(options.precision ?? 'auto', device));
  checkVocabulary(tokens, model.config.vocabSize);
  if (tokens.length < 2)
    throw new UsageError('a score needs at least two tokens', 'give a longer text or more ids');
  const longest = sampledPositions(model.config);
  if (tokens.length - 1 > longest) {
    throw new UsageError(
      `the text has ${tokens.length} tokens, and the model reads ${longest} (max_position_embeddings)`,
      `give at most ${longest + 1} tokens: what it says beyond is noise`,
    );
  }
  const logprobs = noGrad(() =>
    scope(() => {
      const input = indices(tokens.slice(0, -1), [1, tokens.length - 1], model.device);
      const targets = indices(tokens.slice(1), undefined, model.device);
      const hidden = model.hidden({ tokens: input }).select(0, 0);
      return new LogprobPass(model, hidden, targets, model.config.vocabSize).logprobs.toArray();
    }),
  );
  if (!logprobs.every(Number.isFinite)) {
    throw new UserError(
      `${checkpoint}: its log-probabilities are not finite`,
      'the weights hold NaN or infinity',
    );
  }
  return { tokens, logprobs, loss: -logprobs.reduce((sum, value) => sum + value, 0) / logprobs.length };
}

/**
 * The tokens a command line means: `--ids` as they are, a text through the checkpoint's tokenizer.
 *
 * @param open - gives the tokenizer; called where there is a text
 * @param textOption - the option that gives the text, for messages
 * @throws UsageError unless exactly one of the two is given
 */
export function tokensOf(
  open: () => Tokenizer,
  input: { readonly ids?: readonly number[]; readonly text?: string },
  textOption: '--text' | '--prompt',
): number[] {
  const { ids, text } = input;
  if ((ids === undefined) === (text === undefined)) {
    const given =
      text === undefined ? `neither ${textOption} nor --ids is given` : `${textOption} and --ids are given`;
    throw new UsageError(given, `Give ${textOption} 'a text' or --ids 5,6,7.`);
  }
  return input.ids ? [...input.ids] : Array.from(open().encode(input.text!, { addSpecial: true }));
}

/** @throws UsageError naming the first id the model has no embedding for */
export function checkVocabulary(tokens: readonly number[], vocabSize: number): void {
  const outside = tokens.find((token) => !Number.isInteger(token) || token < 0 || token >= vocabSize);
  if (outside !== undefined) {
    throw new UsageError(
      `token id ${outside} is outside the vocabulary of ${vocabSize}`,
      `use ids 0 to ${vocabSize - 1}`,
    );
  }
}
