/**
 * @file Small stages for tests of recipes and of the command line: they count, save, resume and fail like real ones.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { PRECISIONS } from '../../precision.ts';
import type { StageContext, StageDefinition } from '../../run/stage.ts';

const settings = {
  name: z.string(),
  steps: z.int().min(1).default(3),
  /** Step at which the stage throws an error. */
  failAt: z.int().optional(),
};

const countSchema = z.strictObject({
  stage: z.literal('count'),
  ...settings,
  from: z.string().optional(),
  model: z.string().optional(),
  precision: z.enum(PRECISIONS).optional(),
  /** Changes no result. */
  address: z.string().optional(),
});
type Count = z.output<typeof countSchema>;

/** Adds 1 a step to the number in its input, starting from 0 without one; saves after each step. */
export const count: StageDefinition<typeof countSchema> = {
  kind: 'count',
  schema: countSchema,
  identity: (config) => ({ ...config, address: undefined }),
  estimate: async (config, context) => {
    if (config.from !== undefined) context.resolve(config.from);
    return {
      parameters: 812_160,
      tokens: config.steps * 1000,
      bytes: 2 ** 20,
      seconds: 61,
      basis: 'counted',
    };
  },
  run: async (config, context) => {
    const start = config.from === undefined ? 0 : Number(readFileSync(context.resolve(config.from), 'utf8'));
    const state = join(context.dir, 'state', 'step');
    let step = existsSync(state) ? Number(readFileSync(state, 'utf8')) : 0;
    context.watcher.note(`from step ${step}`);
    while (step < config.steps) {
      step += 1;
      takeStep(step, start + step, config, context);
      mkdirSync(join(context.dir, 'state'), { recursive: true });
      writeFileSync(state, String(step));
      // Lets a signal that has arrived be handled, as every real step does.
      await new Promise((resolve) => setImmediate(resolve));
      context.signal.throwIfAborted();
    }
    writeFileSync(join(context.dir, 'number'), String(start + config.steps));
  },
};

function takeStep(step: number, value: number, config: Count, context: StageContext): void {
  if (step === config.failAt) throw new Error(`step ${step} failed`);
  const report = { step, value, seed: context.seed };
  context.record(report);
  context.watcher.step(report, config.steps);
}

const interruptSchema = z.strictObject({ stage: z.literal('interrupt'), name: z.string() });

/** Interrupts its own process once, as Ctrl-C would; its artifact is empty. */
export const interrupt: StageDefinition<typeof interruptSchema> = {
  kind: 'interrupt',
  schema: interruptSchema,
  estimate: async () => ({}),
  run: async (_, context) => {
    const mark = join(context.dir, 'state');
    if (existsSync(mark)) return;
    mkdirSync(mark);
    process.emit('SIGINT');
    context.signal.throwIfAborted();
  },
};

export const testStages: readonly StageDefinition[] = [count, interrupt];
