/** @file Size and mean length of a fine-tuning's data, for an estimate: gone through, none of it kept. */
import { Random } from '../random.ts';
import { requireCount } from './require-count.ts';
import { type ExamplesConfig, generatedExamples, nameOf, noneFits, type SftDataOptions } from './sft.ts';
import { fileExamples } from './sft-examples.ts';

/** Generated examples whose mean length stands for all. */
const SAMPLE = 256;

interface Measured {
  /** Sequences, or null where they are generated without end. */
  readonly size: number | null;
  /** Tokens of a sequence. */
  readonly meanLength: number;
}

/**
 * The size of all entries and the mean length of their sequences. Files that cannot be resolved are left to the end, so
 * that those after them are gone through too.
 * @throws UserError naming file and row of what cannot be used, else what `resolve` threw first
 */
export async function measureExamples(
  configs: readonly ExamplesConfig[],
  options: SftDataOptions,
): Promise<Measured> {
  const entries: (Measured & { readonly weight: number | undefined })[] = [];
  let unresolved: { readonly error: unknown } | null = null;
  for (const [i, config] of configs.entries()) {
    const path = 'path' in config ? attempt(() => options.resolve(config.path)) : null;
    if (path !== null && 'error' in path) {
      unresolved ??= path;
      continue;
    }
    entries.push({ ...(await measure(config, path?.value, i, options)), weight: config.weight });
  }
  if (unresolved !== null) throw unresolved.error;
  const sizes = entries.flatMap(({ size }) => size ?? []);
  const size = sizes.length < entries.length ? null : sizes.reduce((sum, one) => sum + one, 0);
  // Finite entries without a weight are one set, in which a larger one counts for more.
  const shares =
    size !== null && entries.every(({ weight }) => weight === undefined)
      ? sizes
      : entries.map(({ weight }) => weight ?? 1);
  const total = shares.reduce((sum, share) => sum + share, 0);
  return {
    size,
    meanLength: entries.reduce((sum, { meanLength }, i) => sum + shares[i]! * meanLength, 0) / total,
  };
}

function attempt<T>(run: () => T): { readonly value: T } | { readonly error: unknown } {
  try {
    return { value: run() };
  } catch (error) {
    return { error };
  }
}

async function measure(
  config: ExamplesConfig,
  path: string | undefined,
  index: number,
  { seed, encoder }: SftDataOptions,
): Promise<Measured> {
  let [examples, sequences, tokens] = [0, 0, 0];
  const take = (example: Parameters<typeof encoder.encode>[0]): void => {
    examples += 1;
    for (const sequence of encoder.encode(example)) {
      sequences += 1;
      tokens += sequence.tokens.length;
    }
  };
  if ('path' in config) {
    for await (const example of fileExamples({ ...config, path: path! })) take(example);
    requireCount(nameOf(config), config.count, examples, 'examples');
  } else {
    const own = Random.derive(seed, 'examples', index).int(0, 2 ** 32 - 1);
    const source = generatedExamples(config, own);
    for (let i = 0; i < (config.count ?? SAMPLE); i++) take(source.next()!);
  }
  if (sequences === 0) throw noneFits(nameOf(config), examples, encoder);
  const meanLength = tokens / sequences;
  if ('path' in config || config.count !== undefined) {
    const share = 'path' in config ? (config.count ?? examples) / examples : 1;
    return { size: Math.round(sequences * share), meanLength };
  }
  return { size: null, meanLength };
}
