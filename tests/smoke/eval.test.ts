/** `aha eval` and `aha report` end to end on the shipped base model: samples, resumes after a kill, compares, reports. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { aha } from '../../src/app/cli/testing.ts';
import { completion, fakeEndpoint, json } from '../../src/remote/testing.ts';

const root = mkdtempSync(path.join(tmpdir(), 'aha-eval-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const at = (...names: string[]) => path.join(root, ...names);

const evaluate = (out: string, ...more: string[]) =>
  aha(
    'eval',
    'models/tiny-base',
    '--bench',
    'chain',
    '--k',
    '4',
    '--problems',
    '12',
    '--rows',
    '16',
    '--out',
    at(out),
    ...more,
  );

/** samples.jsonl, in no order. */
const samplesOf = (out: string) =>
  readFileSync(at(out, 'chain', 'samples.jsonl'), 'utf8')
    .split('\n')
    .toSorted();
const resultOf = (out: string) => JSON.parse(readFileSync(at(out, 'chain', 'result.json'), 'utf8'));

describe('aha eval', () => {
  it('measures a checkpoint and keeps every sample', async () => {
    const { code, stdout, stderr } = await evaluate('whole');
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(samplesOf('whole').filter((line) => line !== '')).toHaveLength(48);
    const { measures } = resultOf('whole');
    expect(measures).toMatchObject({ problems: 12, samplesPerProblem: 4, unscored: 0 });
    expect(measures.passAt1.value).toBeGreaterThan(0);
    expect(measures.passAt[0].value).toBeGreaterThanOrEqual(measures.passAt1.value);
    expect(stdout).toMatch(/pass@1 .*\[.*\]/);
    expect(stdout).toMatch(/cons@4/);
    expect(stdout).toContain('m1: measured:');
    expect(stdout).toContain('12 problems × k=4, T 0.6, top-p 0.95');
  });

  it('goes on after a kill to the very samples it would have had', async () => {
    await evaluate('killed');
    const file = at('killed', 'chain', 'samples.jsonl');
    // The first batch of 16 whole, the second torn in its third line.
    const lines = readFileSync(file, 'utf8').split('\n');
    writeFileSync(file, `${lines.slice(0, 18).join('\n')}\n${lines[18]!.slice(0, 40)}`);
    rmSync(at('killed', 'chain', 'result.json'));
    const { code } = await evaluate('killed');
    expect(code).toBe(0);
    expect(samplesOf('killed')).toEqual(samplesOf('whole'));
    expect(resultOf('killed').measures).toEqual(resultOf('whole').measures);
  });

  it('refuses other settings in the same directory', async () => {
    const { code, stderr } = await evaluate('whole', '--temperature', '1');
    expect(code).toBe(2);
    expect(stderr).toMatch(/other settings:\n.*temperature: 0.6, now 1/);
  });

  it('compares with another evaluation, problem by problem', async () => {
    const { stdout } = await evaluate(
      'hot',
      '--temperature',
      '2',
      '--label',
      'hot',
      '--compare',
      at('whole'),
    );
    expect(stdout).toMatch(/against tiny-base .*12 problems in common, paired:/);
    expect(stdout).toMatch(/pass@1 {2}[+−]\d+\.\d points \[.*\], p [=<] 0\.\d{3}/);
    expect(stdout).toContain('not the same: temperature 0.6 before, 2 now');
    const report = await aha('report', at('whole'), at('hot'), '--markdown');
    expect(report.stdout).toMatch(/\| tiny-base .*m1 .*\n\| hot .*m2/);
  });

  it('sets an endpoint beside the published results', async () => {
    const data = at('aime.jsonl');
    writeFileSync(
      data,
      [1, 2].map((i) => `{"problem": "what is ${i}/2 of 4?", "answer": "${2 * i}"}\n`).join(''),
    );
    await using server = await fakeEndpoint(
      json(completion({ reasoning: 'hm', content: 'So $\\boxed{\\frac{4}{2}}$.' })),
    );
    const asked = `eval ${server.url} --model m --bench aime-2024 --data ${data} --k 2 --out ${at('remote')}`;
    const { code, stdout, stderr } = await aha(...asked.split(' '));
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(server.seen[0]!.body.max_tokens).toBe(32_768);
    expect(stdout).toMatch(/4 requests: 40 prompt and 80 sampled tokens/);
    expect(stdout).toMatch(/^m +50\.0 \[0\.0–100\.0\] m1/m);
    expect(stdout).toMatch(/^DeepSeek-R1 .*79\.8 p1/m);
    expect(stdout).toMatch(/^OpenAI o1-0912 .*74\.4 p\d/m);
  });

  it.each([
    [['eval', 'no/such', '--bench', 'chain'], /no checkpoint/],
    [['eval', 'models/tiny-base', '--bench', 'chian'], /no benchmark is named "chian"/],
    [['eval', 'models/tiny-base', '--bench', 'aime-2024', '--data', 'nowhere'], /AIME 2024 is read from/],
    [['eval', 'models/tiny-base', '--bench', 'chain', '--max-tokens', '9999'], /context of 256/],
    [['eval', 'http://127.0.0.1:1/v1', '--bench', 'chain'], /--model/],
    [
      ['eval', 'http://127.0.0.1:1/v1', '--bench', 'chain', '--model', 'm', '--spend-limit', '1'],
      /no price is known/,
    ],
    [
      ['eval', 'http://127.0.0.1:1/v1', '--bench', 'chain', '--model', 'm', '--api-key-env', 'NO_SUCH_KEY'],
      /NO_SUCH_KEY/,
    ],
    [['report', 'nowhere'], /no finished evaluation/],
  ])('%j fails with a reason', async (args, message) => {
    const out = args[0] === 'eval' ? ['--out', at('none')] : [];
    const { code, stderr } = await aha(...args, ...out);
    expect(code).toBeGreaterThan(0);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n\s+at /);
  });
});
