/**
 * `aha eval hf:… --bench …` against a local hub: questions and examples by the benchmark's name, asked as the model's
 * makers did, their score beside the measured one. Rows of our own, random weights.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { aha } from '../../src/app/cli/testing.ts';
import { commitOf, TestHub, type TestRepo } from '../../src/remote/hub/testing.ts';
import rows from '../parity/lm-eval/rows.json' with { type: 'json' };
import { writeByteCheckpoint } from '../support/byte-checkpoint.ts';

const root = mkdtempSync(path.join(tmpdir(), 'aha-eval-hub-'));
let hub: TestHub;

const jsonl = (list: readonly object[]) => ({
  content: list.map((row) => `${JSON.stringify(row)}\n`).join(''),
});
const dataset = (name: string, files: TestRepo['commits'][string]): TestRepo => ({
  kind: 'dataset',
  name,
  commits: { [commitOf('d')]: files },
  refs: { main: commitOf('d') },
});

beforeAll(async () => {
  const checkpoint = await writeByteCheckpoint(root, { config: { max_position_embeddings: 6144 } });
  const files = Object.fromEntries(
    readdirSync(checkpoint).map((name) => [name, { content: readFileSync(path.join(checkpoint, name)) }]),
  );
  const model = (name: string): TestRepo => ({
    kind: 'model',
    name,
    commits: { [commitOf('a')]: files },
    refs: { main: commitOf('a') },
  });
  hub = await TestHub.start([
    model('HuggingFaceTB/SmolLM2-135M-Instruct'),
    model('Qwen/Qwen3-0.6B'),
    dataset('openai/gsm8k', {
      'main/test.jsonl': jsonl(rows.gsm8k.rows),
      'main/train.jsonl': jsonl(rows.gsm8k.shots),
    }),
    dataset('HuggingFaceH4/MATH-500', { 'test.jsonl': jsonl(rows['math-500'].rows) }),
    dataset('google/IFEval', { 'ifeval_input_data.jsonl': jsonl(rows.ifeval.rows) }),
    dataset('cais/mmlu', {
      'README.md': {
        content:
          '---\nconfigs:\n- config_name: all\n  data_files:\n  - split: test\n    path: all/test.jsonl\n  - split: dev\n    path: all/dev.jsonl\n---\n',
      },
      'all/test.jsonl': jsonl(rows.mmlu.rows),
      'all/dev.jsonl': jsonl(rows.mmlu.shots),
    }),
  ]);
});
afterAll(() => {
  hub.close();
  rmSync(root, { recursive: true, force: true });
});
afterEach(() => vi.unstubAllEnvs());

async function evaluate(model: string, out: string, ...more: string[]) {
  for (const [name, value] of Object.entries({
    HF_HOME: path.join(root, 'hf'),
    HF_ENDPOINT: hub.endpoint,
    HF_HUB_OFFLINE: '',
  })) {
    vi.stubEnv(name, value);
  }
  return aha('eval', model, '--problems', '3', '--out', path.join(root, out), ...more);
}

const settingsOf = (out: string, bench: string) =>
  JSON.parse(readFileSync(path.join(root, out, bench, 'settings.json'), 'utf8'));
const samplesOf = (out: string, bench: string) =>
  readFileSync(path.join(root, out, bench, 'samples.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { question: string; text: string; answer: string | null });

describe('aha eval of a model of the hub', () => {
  it('fetches questions and examples by name, and asks as the model’s card says', async () => {
    const small = ['--max-tokens', '8'];
    const { code, stdout, stderr } = await evaluate(
      'hf:HuggingFaceTB/SmolLM2-135M-Instruct',
      'smol',
      '--bench',
      'gsm8k,math500',
      '--template',
      'raw',
      ...small,
      '--k',
      '1',
    );
    expect([code, stderr]).toEqual([0, expect.not.stringContaining('aha:')]);
    expect(settingsOf('smol', 'gsm8k')).toMatchObject({
      source: `hf:HuggingFaceTB/SmolLM2-135M-Instruct@${commitOf('a')}`,
      data: `hf:openai/gsm8k/main/test@${commitOf('d')}`,
      shotsData: `hf:openai/gsm8k/main/train@${commitOf('d')}`,
      form: 'few-shot',
      shots: 5,
      samples: 1,
      temperature: 0,
    });
    const { question } = samplesOf('smol', 'gsm8k')[0]!;
    expect(question.split('\n\n')).toHaveLength(6);
    expect(question).toMatch(/^Question: A shelf holds 4 rows .*\nAnswer: Each row has 6 jars\./);
    // Of MATH-500 its card says nothing: the benchmark's own wording.
    expect(settingsOf('smol', 'math-500')).toMatchObject({ temperature: 0.6 });
    expect(settingsOf('smol', 'math-500').form).toBeUndefined();
    expect(stdout).toMatch(
      / published {3}1\.4 {2}outside the interval of pass@1; model card of HuggingFaceTB\/SmolLM2-135M-Instruct; measured with lighteval\n/,
    );
  });

  it('takes thinking from the command line, and the score of that mode', async () => {
    const options = ['--bench', 'ifeval', '--max-tokens', '8'];
    const on = await evaluate('hf:Qwen/Qwen3-0.6B', 'on', ...options);
    expect(on.stdout).toMatch(/ published {2}59\.2 .*table 19; not the same here: maxTokens\n/);
    expect(settingsOf('on', 'ifeval')).toMatchObject({
      temperature: 0.6,
      identity: { thinking: true, topK: 20 },
    });
    const off = await evaluate('hf:Qwen/Qwen3-0.6B', 'off', '--thinking', 'off', ...options);
    expect(off.stdout).toMatch(/ published {2}54\.5 .*presence penalty.*\n/);
    expect(off.stdout).not.toContain('59.2');
    expect(settingsOf('off', 'ifeval')).toMatchObject({
      temperature: 0.7,
      topP: 0.8,
      identity: { thinking: false },
    });
  });

  it.each([
    // In the byte-level tokenizer a blank and a letter are two tokens.
    [['mmlu', '--form', 'few-shot'], 2, /no single token for " A"\n.*--form zero-shot/],
    [['math-500', '--form', 'cot'], 2, /math-500 has no such prompt form .*\n.*zero-shot, few-shot/],
    [['ifeval', '--thinking', 'off', '--template', 'raw'], 2, /--thinking: .*"raw" has no switch for it/],
    [['math-500', '--shots', '3'], 2, /--shots 3: the form zero-shot shows no examples/],
    [
      ['math-500', '--shots-data', 'x.jsonl'],
      2,
      /--shots-data x\.jsonl: no prompt of math-500 takes examples/,
    ],
    [
      ['math-500', '--form', 'few-shot', '--shots', '9'],
      2,
      /math-500: 9 examples asked for, the form few-shot brings 4\n.*Lower/,
    ],
  ])('refuses %j', async (more, status, message) => {
    const { code, stderr } = await evaluate('hf:Qwen/Qwen3-0.6B', 'no', '--bench', ...more);
    expect(stderr).toMatch(message);
    expect(code).toBe(status);
  });
});
