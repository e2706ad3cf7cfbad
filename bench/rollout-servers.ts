/**
 * @file A rollout server beside this process: its log-probabilities against the trainer's, new weights, and tokens/s.
 *
 *   npm run bench -- rollout-servers url=http://127.0.0.1:8000 kind=vllm [key=value…]
 *
 * `url`, `kind`, `model`, `concurrency`: as in a recipe's `policy`. `checkpoint`: what the server was started with. `other`: a
 * checkpoint of the same shape, the weights after a step. `weights`: the folder that both can read. `prompts`, `group`, `new`:
 * responses are `prompts` × `group`, of at most `new` tokens.
 *
 * Distances are |log π_server − log π_trainer| of the tokens that the server sampled. Against the weights it does not have
 * they are large: so it is seen that an update took effect.
 */
import { cp } from 'node:fs/promises';
import path from 'node:path';
import { loadModel } from '../src/models/index.ts';
import type { Completion } from '../src/records.ts';
import { computeLogprobs } from '../src/rl/loss/index.ts';
import { Fleet, policySchema, rollout, rolloutByGroup } from '../src/rl/rollout/index.ts';
import { Tokenizer } from '../src/text/index.ts';
import { Settings } from './gpu/settings.ts';

/** Prints a row for each version of the weights, and one for this process. */
export async function rolloutServers(...words: string[]): Promise<void> {
  const settings = new Settings(words);
  const checkpoint = settings.text('checkpoint', 'models/aha-base');
  const other = settings.text('other', checkpoint);
  const model = settings.text('model', '');
  const policySettings = policySchema.parse({
    servers: [
      {
        url: settings.text('url', 'http://127.0.0.1:8000'),
        kind: settings.text('kind', 'aha'),
        concurrency: settings.number('concurrency', 64),
        ...(model !== '' && { model }),
      },
    ],
  });
  const weightsDir = path.resolve(settings.text('weights', 'runs/rollout-servers'));
  const count = settings.number('prompts', 8);
  const groupSize = settings.number('group', 8);
  const maxTokens = settings.number('new', 96);
  settings.done();

  const folders = [checkpoint, other];
  const models = folders.map((dir) => loadModel(dir, { device: 'cpu', dtype: 'float32' }));
  const tokenizer = Tokenizer.load(checkpoint);
  let steps = 0;
  const fleet = new Fleet(policySettings, {
    weightsDir,
    vocabSize: models[0]!.config.vocabSize,
    steps: () => steps,
    save: (dir) => cp(folders[steps % 2]!, dir, { recursive: true }),
    signal: new AbortController().signal,
    note: console.log,
    warn: (_, text) => console.log(text),
  });
  const prompts = Array.from({ length: count }, (_, i) => ({
    id: `${i}`,
    task: 'search',
    text: `make ${i + 3} from ${i + 1} . 2 . 4 ?`,
    answer: null,
  }));
  const options = { temperature: 1, groupSize, maxTokens, seed: 7 };
  const policy = { model: models[0]!, tokenizer, template: 'r1-zero' as const, version: 0 };
  const distance = (completions: readonly Completion[], at: number): Float64Array => {
    const pass = { temperature: 1, tokensPerMicroBatch: 1024, packed: false, padToken: tokenizer.padId ?? 0 };
    const own = computeLogprobs(models[at]!, completions, { ...pass, routerReplay: undefined });
    return Float64Array.from(
      completions.flatMap(({ logprobs }, i) =>
        Array.from(logprobs, (value, k) => Math.abs(value - own[i]!.logprobs[k]!)),
      ),
    );
  };
  try {
    for (steps = 0; steps < 4; steps++) {
      const start = performance.now();
      const completions = await rolloutByGroup(
        { ...policy, sample: fleet.sample },
        prompts,
        options,
        () => undefined,
      );
      const seconds = (performance.now() - start) / 1000;
      const has = steps % 2;
      print(
        `server, weights ${has}`,
        completions,
        seconds,
        distance(completions, has),
        distance(completions, 1 - has),
      );
    }
    const start = performance.now();
    const completions = rollout(policy, prompts, options);
    const seconds = (performance.now() - start) / 1000;
    print('this process', completions, seconds, distance(completions, 0), distance(completions, 1));
  } finally {
    fleet.dispose();
    for (const one of models) one.dispose();
  }
}

function print(
  name: string,
  completions: readonly Completion[],
  seconds: number,
  own: Float64Array,
  others: Float64Array,
): void {
  const tokens = own.length;
  const mean = (values: Float64Array): string =>
    (values.reduce((sum, value) => sum + value, 0) / tokens).toExponential(1);
  const max = own.reduce((most, value) => Math.max(most, value), 0).toExponential(1);
  const stopped = completions.filter(({ finish }) => finish === 'stop').length;
  console.log(
    `${name}: ${completions.length} responses (${stopped} stopped), ${tokens} tokens, ${seconds.toFixed(2)} s with the ` +
      `update, ${(tokens / seconds).toFixed(0)} tokens/s; distance mean ${mean(own)}, most ${max}; ` +
      `to the other weights ${mean(others)}`,
  );
}
