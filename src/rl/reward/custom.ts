/**
 * @file A reward of the user's own: the default export of a script, called with each completion.
 *
 * The script is read as a recipe is (src/run/load-script.ts) and runs in a process of its own with a time limit a call:
 * a throw, a hang, a process that ends, or what is no number leaves the completion unscored and warns. It has the
 * rights of the user: code of others belongs in a sandbox (the reward `code`).
 */
import path from 'node:path';
import { z } from 'zod';
import { UsageError } from '../../errors.ts';
import { type CallFailure, SCRIPT_FRAME, ScriptCalls } from '../../grading/scripts/index.ts';
import type { Completion } from '../../records.ts';
import { type BundledScript, bundleScript } from '../../run/load-script.ts';
import { defineReward } from './definition.ts';
import type { Failure, Reward, RewardContext, Score } from './reward.ts';

/** What a script of a reward exports: the score of a completion, or null where it cannot tell. */
export type RewardFunction = (completion: Completion) => number | null | Promise<number | null>;

/** Settings of the reward `custom`. */
export const customSchema = z.strictObject({
  file: z
    .string()
    .min(1)
    .describe('Script whose default export scores a completion: (completion) => number | null'),
  timeout: z
    .number()
    .positive()
    .default(30)
    .describe('Seconds that scoring one completion may take; a completion that takes longer is unscored'),
  concurrency: z
    .number()
    .int()
    .positive()
    .default(32)
    .describe('Completions scored at the same time where the script returns promises'),
});

type Settings = z.output<typeof customSchema>;

const EXAMPLE = 'export default ({ prompt, text }) => (text.includes(prompt.answer) ? 1 : 0)';

/** A script that has been read, and its process. */
interface OpenScript {
  /** Its path from the working directory, as messages name it. */
  readonly name: string;
  readonly script: BundledScript;
  readonly calls: ScriptCalls;
}

/**
 * Reads the script and those it imports relatively, and loads it in a process of its own.
 *
 * @param resolve - gives the path of a file; called for every one that has a part in the reward
 * @throws UsageError for a script that cannot be read or run, or that exports no function
 */
async function openScript(
  { file, timeout, concurrency }: Settings,
  resolve: (reference: string) => string,
  onIdleEnd: (failure: NamedFailure) => void,
): Promise<OpenScript> {
  const found = resolve(file);
  const name = path.relative(process.cwd(), found);
  const script = await bundleScript(found, { what: 'reward function' });
  for (const part of script.files) resolve(part);
  const explain = (failure: CallFailure) => explained(failure, name, timeout, script);
  const calls = new ScriptCalls(script.code, {
    limitMs: 1000 * timeout,
    width: concurrency,
    onIdleEnd: (failure) => onIdleEnd(explain(failure)),
  });
  const loaded = await calls.load();
  if ('exported' in loaded && loaded.exported === 'function') return { name, script, calls };
  calls.close();
  if (!('exported' in loaded)) {
    const { failed, remedy } = explain(loaded);
    throw new UsageError(`${failed} while it is loaded`, remedy);
  }
  throw loaded.exported === 'undefined'
    ? new UsageError(`${name}: has no default export`, `Write: ${EXAMPLE}.`)
    : new UsageError(
        `${name}: its default export is ${loaded.exported}, not a function`,
        `Write: ${EXAMPLE}.`,
      );
}

/** A failure, and what tells it from others: a warning is shown once for each `kind`. */
interface NamedFailure extends Failure {
  readonly kind: string;
}

/** Where in the script a call failed, how, and what to do. */
function explained(failure: CallFailure, file: string, timeout: number, script: BundledScript): NamedFailure {
  switch (failure.kind) {
    case 'thrown': {
      const { message, stack } = failure.thrown;
      const place = script.locate(stack, SCRIPT_FRAME) ?? file;
      return {
        kind: `${place} throws`,
        failed: `${place}: throws: ${message}`,
        remedy: 'Correct the script; return null for what it cannot score.',
      };
    }
    case 'returned':
      return {
        kind: `${file} returns ${failure.found}`,
        failed: `${file}: returns ${failure.found}`,
        remedy: 'Return a finite number, or null for what it cannot score.',
      };
    case 'late':
      return {
        kind: `${file} is late`,
        failed: `${file}: takes more than ${timeout} s`,
        remedy: 'Make it faster, or raise `timeout` of the reward `custom`.',
      };
    case 'ended':
      return {
        kind: `${file} ends its process`,
        failed: `${file}: ends its process (${failure.status})`,
        remedy: 'Return a number or null instead of ending the process.',
      };
  }
}

/** The reward `custom`. Its process starts at once; what is wrong with the script is told by the first score. */
export function customReward(
  settings: Settings,
  { resolve = (reference) => reference, warn }: RewardContext,
): Reward {
  const { timeout } = settings;
  const warnOf = ({ kind, failed, remedy }: NamedFailure, when: string, effect: string): void =>
    warn?.(`reward "custom": ${kind}`, `reward "custom", ${when}: ${failed}; ${effect}. ${remedy}`);
  const opening = openScript(settings, resolve, (failure) =>
    warnOf(failure, 'between two batches', 'it is started again'),
  );
  opening.catch(() => undefined);
  const scoreBatch = async (completions: readonly Completion[]): Promise<Score[]> => {
    const { name, script, calls } = await opening;
    const failures = new Map<number, Failure>();
    const results = await calls.score(completions, (i, failure) => {
      const named = explained(failure, name, timeout, script);
      failures.set(i, named);
      warnOf(named, `prompt ${completions[i]!.prompt.id}`, 'such completions are not scored');
    });
    return results.map((score, i) => failures.get(i) ?? score);
  };
  return {
    name: 'custom',
    waits: true,
    async score(completion) {
      const score = (await scoreBatch([completion]))[0]!;
      return typeof score === 'number' ? score : null;
    },
    scoreBatch,
    dispose: () =>
      void opening.then(
        ({ calls }) => calls.close(),
        () => undefined,
      ),
  };
}

/** What a script's numbers mean is its author's: 1 alone says that a response is right. */
export const custom = defineReward({
  name: 'custom',
  about: 'What a script of yours returns',
  says: 'right',
  schema: customSchema,
  files: async (settings, resolve) => {
    const { calls } = await openScript(settings, resolve, () => undefined);
    calls.close();
  },
  create: customReward,
});
