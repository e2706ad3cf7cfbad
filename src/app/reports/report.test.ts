import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Graded, type StageSamples, summarise } from '../../evaluation/statistics/index.ts';
import { evaluationFiles } from '../../evaluation/testing.ts';
import { Random } from '../../random.ts';
import { type ResolvedRecipe, recipeToJson } from '../recipes/recipe.ts';
import { rebuildReport } from './rebuild.ts';
import { type FinalReport, writeReport } from './report.ts';

const dir = mkdtempSync(path.join(tmpdir(), 'aha-report-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const SCRIPT = '<script>alert(1)</script>';
const ATTACK = `<think> ${SCRIPT} </think> "><img src=x onerror=alert(2)>`;

function graded(id: string, more: Partial<Graded>): Graded {
  const text = '<think> 1 + 1 = 2 </think> <answer> 2 </answer>';
  return {
    promptId: id,
    question: `what is ${id} ?`,
    reference: '2',
    correct: 1,
    formatted: true,
    length: 9,
    finish: 'stop',
    answer: '2',
    text,
    ...more,
  };
}

function samplesOf(name: string, correct: number, text?: string): StageSamples {
  const more = { correct, language: 0.5, ...(text !== undefined && { text }) };
  const problems = ['a', 'b', 'c', 'd'].map((id) => graded(`${SCRIPT}${id}`, more));
  const general = ['greet', 'tell', 'tell'].map((kind, i) =>
    graded(`${kind}${i}`, { kind, reference: null, correct: i === 2 ? 0.75 : correct, text: 'hello <b>' }),
  );
  return {
    name,
    greedy: problems,
    sampled: problems.map((one) => [one, one]),
    general: general.map((one) => [one]),
    temperature: 0.6,
    topP: 0.95,
    maxTokens: 96,
  };
}

const stage = (kind: string, name: string, config: Record<string, unknown>) => ({
  stage: kind,
  name,
  config: { stage: kind, name, ...config },
});
const recipe: ResolvedRecipe = {
  name: 'whole',
  title: `The whole recipe ${SCRIPT}`,
  about: SCRIPT,
  seed: 3,
  device: 'cpu',
  precision: 'auto',
  deterministic: false,
  stages: [
    stage('evaluate', 'evaluate-base', { checkpoint: 'models/base' }),
    stage('rl', 'Zero', { model: 'models/base', note: SCRIPT }),
    stage('evaluate', 'evaluate-zero', { checkpoint: '@Zero' }),
    stage('reject', 'traces', { model: '@Zero' }),
    stage('sft', 'Dev', { model: 'models/base', data: '@traces/data.jsonl' }),
    stage('evaluate', 'evaluate-dev', { checkpoint: '@Dev' }),
    stage('reward-model', 'helpful', { model: '@Dev' }),
    stage('evaluate', 'unfinished', { checkpoint: '@Dev' }),
  ],
};

const rl = (step: number) => ({
  stage: 'Zero',
  step,
  reward: 1 + step / 10,
  'rewards/accuracy/mean': step / 10,
  'rewards/helpful/mean': 0.5,
  'completions/mean_length': 9 + step,
  entropy: 1 / step,
  kl: step === 3 ? null : step / 100,
  num_tokens: 1000,
  seconds: 30,
  'seconds/update': 10,
});
const METRICS = [
  ...[1, 2, 3, 4].map(rl),
  { stage: 'traces', step: 1, num_tokens: 500, seconds: 60, kept_share: 0.5 },
  { stage: 'traces', step: 2, num_tokens: 500, seconds: 60, kept_share: 0.5 },
  { stage: 'Dev', step: 1, loss: 2, num_tokens: 100, seconds: 6 },
  { stage: 'Dev', step: 2, loss: 1, num_tokens: 100, seconds: 6 },
];

function write(file: string, content: string): void {
  mkdirSync(path.dirname(path.join(dir, file)), { recursive: true });
  writeFileSync(path.join(dir, file), content);
}

const read = (file: string) => readFileSync(path.join(dir, file), 'utf8');
const options = {
  warn: () => undefined,
  recipe,
  dir,
  hardware: { cpu: `Fast ${SCRIPT}`, cores: 2, device: 'cpu', torch: '2.0' },
  seconds: 312,
  date: new Date('2025-01-20T09:30:00Z'),
  width: 100,
  colours: false,
};

let final: FinalReport;
let page: string;
beforeAll(async () => {
  const stages = [samplesOf('Base', 0, ATTACK), samplesOf('Zero', 1), samplesOf('Dev', 1)];
  for (const [i, name] of ['evaluate-base', 'evaluate-zero', 'evaluate-dev'].entries()) {
    for (const [file, content] of Object.entries(evaluationFiles(stages[i]!)))
      write(`${name}/${file}`, content);
    write(`${name}/report.json`, JSON.stringify(summarise(stages[i]!, Random.derive(0, 'bootstrap'))));
  }
  for (const name of ['Zero', 'Dev', 'traces']) mkdirSync(path.join(dir, name));
  const agreement = { accuracy: 0.9, accuracyInterval: [0.85, 0.94], heldOut: 200 };
  write('helpful/report.json', JSON.stringify({ name: 'helpful', ...agreement, loss: 0.3 }));
  write('metrics.jsonl', METRICS.map((line) => `${JSON.stringify(line)}\n`).join(''));
  final = (await writeReport(options))!;
  page = read('report.html');
});

describe('report.json', () => {
  it('says what each checkpoint took, stages it was made from through data included', () => {
    expect(JSON.parse(read('report.json'))).toEqual(JSON.parse(JSON.stringify(final.report)));
    expect(final.report.stages.map(({ name, tokens, minutes }) => [name, tokens, minutes])).toEqual([
      ['Base', 0, 0],
      ['Zero', 4000, 2],
      ['Dev', 5200, 4.2],
    ]);
    expect(final.report.stages[1]).toMatchObject({ languageConsistency: 0.5, mixedThoughts: 1 });
    expect(final.report.stages[1]!.generalSuccess).toBeCloseTo(2 / 3, 10);
    expect(final.report.comparisons.map(({ general }) => general?.difference)).toEqual([2 / 3, 2 / 3, 0]);
  });

  it('comes with tables as Markdown, and curves of the stages that trained', () => {
    expect(final.files).toEqual([
      'report.json',
      'report.md',
      'report.html',
      'Zero/curves.svg',
      'Dev/curves.svg',
    ]);
    expect(existsSync(path.join(dir, 'traces/curves.svg'))).toBe(false);
    const lines = read('report.md').split('\n');
    expect(lines[0]).toBe('# whole');
    expect(lines.find((line) => line.startsWith('| Zero '))).toMatchInlineSnapshot(
      `"| Zero  | 100.0 [100.0–100.0] |  100.0 |  100.0 |  100.0 |     50.0 |    66.7 |    9.0 |     4K |     2.0 |"`,
    );
    expect(read('report.md')).toContain('| general | greet | tell |');
    expect(read('report.md')).toMatch(/\| helpful +\| +90\.0 \[85\.0–94\.0\] \| 200 \|/);
    expect(final.report.rewardModels).toEqual([
      { name: 'helpful', accuracy: 0.9, accuracyInterval: [0.85, 0.94], heldOut: 200 },
    ]);
    expect(page).toContain('agrees with 90.0 % (85.0–94.0) of 200 held-out judgements');
    expect(read('report.md')).toMatch(/\| Base → Zero \| +\+100\.0 \[\+100\.0 to \+100\.0\], p = 0\.125/);
  });
});

describe('report.html', () => {
  it('shows what models and recipes say as text', () => {
    expect(page).not.toContain('<script');
    expect(page).not.toContain('<img');
    expect(page).not.toContain('<b>');
    expect(page).toContain('&#60;script&#62;alert(1)&#60;/script&#62;');
    expect(page).toContain('<title>The whole recipe &#60;script&#62;');
  });

  it('loads nothing', () => {
    expect(page.replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(
      /https?:|url\(|@import|src=(?!x)|<link/,
    );
    expect(page).toContain("default-src 'none'");
  });

  it('closes every element it opens', () => {
    const open: string[] = [];
    for (const [, slash, name, rest] of page.matchAll(/<(\/?)([a-z][a-z0-9]*)([^>]*)>/g)) {
      if (name === 'meta' || rest!.endsWith('/')) continue;
      if (slash === '') open.push(name!);
      else expect(open.pop()).toBe(name);
    }
    expect(open).toEqual([]);
  });

  it('names every curve and table for those who do not see them', () => {
    const svgs = page.split('<svg ').slice(1);
    expect(svgs.map((svg) => /<title>(.*?)<\/title>/.exec(svg)?.[1])).toEqual([
      'Zero: rewards by rule',
      'Zero: reward models',
      'Zero: response length',
      'Zero: entropy and KL',
      'Dev: loss',
    ]);
    for (const svg of svgs) expect(svg).toMatch(/role="img"[\s\S]*<desc>.* goes from .*<\/desc>/);
    expect(page.split('<table>')).toHaveLength(page.split('<caption>').length);
    expect(page).toContain('prefers-color-scheme: dark');
  });

  it('sets three problems side by side for every checkpoint, and one general prompt of each kind', () => {
    const headings = [...page.matchAll(/<h3>(.*)<\/h3>/g)].map((match) => match[1]!);
    expect(headings.filter((text) => text.includes('script'))).toHaveLength(3);
    expect(headings.filter((text) => /<small>/.test(text))).toEqual([
      '<small>greet</small> what is greet0 ?',
      '<small>tell</small> what is tell1 ?',
    ]);
    expect(page.split('<article>')).toHaveLength(1 + 5 * 3);
    expect(page.split('✗ wrong')).toHaveLength(1 + 5);
    expect(page).toContain('<summary>thought (9 characters)</summary><pre>1 + 1 = 2</pre>');
  });
});

describe('a report made again', () => {
  const files = ['report.json', 'report.md', 'report.html'];
  const layout = { width: 100, colours: false, warn: () => undefined };

  it('is the same, from the files of the run directory alone', async () => {
    const before = files.map(read);
    write('recipe.json', JSON.stringify(recipeToJson(recipe)));
    for (const file of files.slice(1)) rmSync(path.join(dir, file));
    expect((await rebuildReport(dir, layout)).text).toBe(final.text);
    expect(files.map(read)).toEqual(before);
  });

  it('is refused where no evaluation is finished, or the directory is no run', async () => {
    const empty = mkdtempSync(path.join(dir, 'empty-'));
    await expect(rebuildReport(empty, layout)).rejects.toThrow(/recipe.json: cannot be read/);
    writeFileSync(path.join(empty, 'recipe.json'), JSON.stringify(recipeToJson(recipe)));
    await expect(rebuildReport(empty, layout)).rejects.toThrow(/no finished evaluation/);
  });
});
