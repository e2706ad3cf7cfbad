/** recipes/deepseek-r1.ts: the paper's numbers, their cost beside the published, and that it does not pretend to run. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { main } from '../../src/app/cli/main.ts';
import { modelSizes, readConfig } from '../../src/models/index.ts';

async function run(...args: string[]) {
  const output = { out: '', err: '' };
  const io = {
    stdout: { write: (text: string) => (output.out += text) },
    stderr: { write: (text: string) => (output.err += text) },
  };
  return { status: await main(['run', 'recipes/deepseek-r1.ts', ...args, '--device', 'cpu'], io), ...output };
}

interface Stage {
  readonly name: string;
  readonly steps?: number;
  readonly prompts?: readonly { readonly name: string; readonly fromStep: number }[];
}

interface Assuming {
  readonly recipe: {
    readonly assume: {
      readonly models: Record<string, { parameters: number; active?: number; config: string }>;
    };
  };
}

interface Printed {
  readonly recipe: { readonly stages: readonly Stage[] };
  readonly stages: readonly { readonly name: string; readonly estimate: Record<string, number> }[];
}

describe('recipes/deepseek-r1.ts', () => {
  it('has the steps, batches and learning rates of the paper', async () => {
    const { recipe, stages } = JSON.parse((await run('--dry-run', '--json')).out) as Printed;
    const stage = (name: string) => recipe.stages.find((one) => one.name === name)!;
    const rollouts = stage('R1-Zero').steps! + stage('R1-Zero-long').steps!;
    expect(rollouts * 16).toBe(10_400);
    for (const name of ['R1-Zero', 'R1-Zero-long', 'Dev2', 'R1']) {
      expect(stage(name)).toMatchObject({
        promptsPerStep: 32 * 16,
        groupSize: 16,
        minibatches: 16,
        loss: { policy: { clipHigh: 10 }, kl: { coefficient: 0.001, referenceEvery: 400 } },
        optimizer: { peak: 3e-6 },
      });
    }
    expect(stage('R1')).toMatchObject({ steps: Math.floor(1700 / 16), sampling: { temperature: 0.7 } });
    const late = stage('R1').prompts!.filter(({ fromStep }) => fromStep > 0);
    expect(late.map(({ name }) => name)).toEqual(['helpful', 'harmless']);
    for (const { fromStep } of late) expect(106 - fromStep).toBe(400 / 16);
    expect(stages.find(({ name }) => name === 'R1-Zero')!.estimate).toMatchObject({
      parameters: 671e9,
      // 512 rollouts of 8,192 responses of 6,000 tokens.
      tokens: 512 * 8192 * 6000,
      bytes: 671e9 * 20,
    });
  });

  it('prints what each stage would take, beside the paper’s GPU-hours', async () => {
    const { status, out, err } = await run('--dry-run');
    expect(err).toBe('');
    expect(status).toBe(0);
    expect(out).toContain('DeepSeek-R1 as published (seed 0, on 512 H800)');
    const line = (name: string) => new RegExp(`^${name} {2}.*$`, 'm').exec(out)![0];
    expect(line('R1-Zero-long')).toMatch(/rl +671B +37B +15\.8B +15\.8B/);
    expect(out).toMatch(/^R1-Zero +\S+K +101K {2}R1-Zero, R1-Zero-long$/m);
    expect(out).toMatch(/^SFT data +\S+K +5K /m);
    expect(out).toMatch(/^R1 +\S+K +41K /m);
    expect(out).toMatch(/^total +\S+K +147K$/m);
    expect(out).toMatch(/^at \$2 an hour +\$\S+K +\$294K$/m);
  });

  it('prints what docs/recipes.md shows', async () => {
    const { out } = await run('--dry-run');
    const printed = out.slice(out.lastIndexOf('\n}\n') + 3).trim();
    expect(readFileSync('docs/recipes.md', 'utf8')).toContain(`\n${printed}\n`);
  });

  it('is planned for 64 machines of 8 GPUs, as docs/distributed.md shows', async () => {
    const { status, out } = await run('--dry-run', '--nodes', '64', '--gpus', '8', '--gpu-price', '2');
    expect(status).toBe(0);
    const page = readFileSync('docs/distributed.md', 'utf8');
    const printed = out.slice(out.lastIndexOf('\n}\n') + 3).trim();
    const [head, rest] = [printed.indexOf('\nR1-Zero: data'), printed.indexOf('Training: GiB')];
    expect(page).toContain(`\n${printed.slice(0, head).trim()}\n`);
    expect(page).toContain(`\n${printed.slice(rest)}\n`);
    expect(printed).toMatch(/^R1-Zero: data .*fastest of \d+ layouts that fit/m);
    expect(printed).toContain('`aha run` cannot carry out this plan');
  });

  it('states sizes of models that their config.json has', async () => {
    const { recipe } = JSON.parse((await run('--dry-run', '--json')).out) as Assuming;
    const models = Object.values(recipe.assume.models);
    expect(models).toHaveLength(7);
    for (const { parameters, active = parameters, config } of models) {
      const sizes = modelSizes(readConfig(`recipes/${config}`));
      expect(Math.abs(sizes.parameters / parameters - 1)).toBeLessThan(0.01);
      // A model without experts has no stated active parameters; its embedding is only looked up.
      if (active !== parameters) expect(sizes.active / active).toBeCloseTo(1, 1);
    }
  });

  it('refuses to run before anything is made', async () => {
    const { status, err } = await run('--out', '/nowhere/at/all');
    expect(status).toBe(2);
    expect(err).toContain('data/rl/math.jsonl: there is no such file or directory');
  });
});
