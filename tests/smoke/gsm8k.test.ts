/**
 * The recipes for a real checkpoint and GSM8K, on a tiny random checkpoint and a few problems: nothing but paths and sizes
 * is changed.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { main } from '../../src/app/cli/main.ts';
import { loadRecipe } from '../../src/app/recipes/index.ts';
import { writeTinyCheckpoint } from '../support/tiny-checkpoint.ts';

const root = mkdtempSync(path.join(tmpdir(), 'aha-gsm8k-'));
const place = (name: string) => path.join(root, name);
afterAll(() => rmSync(root, { recursive: true, force: true }));

const PATHS: Readonly<Record<string, string>> = {
  'models/Qwen2.5-0.5B': place('model'),
  'models/SmolLM2-135M': place('model'),
  'data/gsm8k/train.jsonl': place('train.jsonl'),
  'data/gsm8k/test.jsonl': place('test.jsonl'),
};

const problem = (question: string, answer: string) => `${JSON.stringify({ question, answer })}\n`;

beforeAll(async () => {
  await writeTinyCheckpoint(place('model'), 0, { max_position_embeddings: 4096 });
  writeFileSync(
    place('train.jsonl'),
    problem(
      'Mia has 3 red pens and 4 blue ones. How many pens has she?',
      '3 + 4 = <<3+4=7>>7 pens.\n#### 7',
    ) +
      problem(
        'A hall has 40 rows of 30 seats. How many seats?',
        '40 * 30 = <<40*30=1200>>1,200.\n#### 1,200',
      ) +
      problem('Tom ate half of 10 figs. How many are left?', '10 / 2 = <<10/2=5>>5.\n#### 5'),
  );
  writeFileSync(
    place('test.jsonl'),
    problem('Ann had 9 dollars and spent 2. What is left?', '9 - 2 = 7\n#### 7'),
  );
});

/** The recipe with the paths changed, as JSON. */
async function withPaths(name: string, changes: Readonly<Record<string, object>> = {}): Promise<string> {
  const recipe = await loadRecipe(`recipes/${name}.ts`);
  let text = JSON.stringify(recipe);
  for (const [theirs, own] of Object.entries(PATHS)) {
    text = text.replaceAll(`"${theirs}"`, JSON.stringify(own));
  }
  const written = JSON.parse(text) as { stages: { name: string; stage: string }[] };
  for (const stage of written.stages) Object.assign(stage, changes[stage.stage], changes[stage.name]);
  // The recipe's own data lies beside it, which this copy does not.
  const file = place(`${name}.json`);
  writeFileSync(file, JSON.stringify(written).replaceAll('"r1-gsm8k/', '"recipes/r1-gsm8k/'));
  return file;
}

async function run(...args: string[]) {
  const output = { out: '', err: '' };
  const io = {
    stdout: { write: (text: string) => (output.out += text) },
    stderr: { write: (text: string) => (output.err += text) },
  };
  return { status: await main(['run', ...args, '--device', 'cpu'], io), ...output };
}

describe.each(['r1-zero-gsm8k', 'r1-gsm8k'])('recipes/%s.ts', (name) => {
  it('says what it will cost', async () => {
    const { status, out, err } = await run(await withPaths(name), '--dry-run', '--json');
    expect(err).toBe('');
    expect(status).toBe(0);
    const { stages } = JSON.parse(out) as { stages: { stage: string; estimate: Record<string, unknown> }[] };
    for (const { stage, estimate } of stages) {
      // What is fine-tuned on is told once the stage before has run.
      if (stage !== 'sft') expect(estimate.tokens).toBeGreaterThan(0);
    }
  });

  it('says which file it wants where one is missing', async () => {
    const { status, err } = await run(`recipes/${name}.ts`, '--out', place('never'));
    expect(status).toBe(2);
    expect(err).toMatch(/GSM8K is read from a file such as data\/gsm8k\/test\.jsonl/);
  });
});

const tiny = { maxTokens: 8, maxRows: 8 };
const evaluate = { greedyProblems: 1, problems: 1, samples: 2, sampling: tiny };
const rl = { steps: 2, promptsPerStep: 2, groupSize: 4, minibatches: 2, sampling: tiny };

describe('aha run', () => {
  it('runs R1-Zero on GSM8K, graded as mathematics', async () => {
    const file = await withPaths('r1-zero-gsm8k', { evaluate, rl });
    const { err, status } = await run(file, '--out', place('zero'));
    expect(err).toBe('');
    expect(status).toBe(0);
    const steps = readFileSync(place('zero/metrics.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter(({ stage }) => stage === 'R1-Zero');
    expect(steps).toHaveLength(2);
    for (const step of steps) expect(step['rewards/accuracy/mean']).toBeTypeOf('number');
    const [sample] = readFileSync(place('zero/R1-Zero/samples/step-000001.jsonl'), 'utf8').split('\n');
    expect(JSON.parse(sample!)).toMatchObject({ parts: { accuracy: 0, format: 0 } });
  });

  it('runs the whole recipe, each stage on what the one before made', async () => {
    // A random model says nothing right: whatever it says is kept.
    const all = { accuracy: null, format: null, language: null };
    const file = await withPaths('r1-gsm8k', {
      evaluate,
      rl,
      reject: { promptCount: 2, samples: 2, minimum: all, filters: { truncated: 'keep' }, sampling: tiny },
      sft: { epochs: 0.2, packing: { rowLength: 512, rowsPerStep: 2 } },
      'reward-model': { epochs: 0.2 },
    });
    const { err, status } = await run(file, '--out', place('whole'));
    expect(err).toBe('');
    expect(status).toBe(0);
    const report = JSON.parse(readFileSync(place('whole/report.json'), 'utf8')) as {
      stages: { name: string }[];
    };
    expect(JSON.stringify(report)).toContain('Distill-RL');
  });
});
