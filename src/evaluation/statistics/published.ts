/**
 * @file The published results that a measured one is set beside: DeepSeek-R1, its stages, o1, the distilled models.
 *
 * Data, as printed: percent, but for ratings and scores. Two versions of the paper give different figures for R1-Zero;
 * both are kept. Benchmarks are named as in `aha eval --bench`; those it does not run are kept for the record.
 */

/** Where figures were published. */
export const SOURCES = {
  stages: 'DeepSeek-R1, arXiv 2501.12948v2 (Nature, doi 10.1038/s41586-025-09422-z), table of the stages',
  text: 'DeepSeek-R1, arXiv 2501.12948v2, text and figures on R1-Zero and R1',
  o1: 'DeepSeek-R1, arXiv 2501.12948v1, Table 2 (R1-Zero and OpenAI o1)',
  models: 'DeepSeek-R1, arXiv 2501.12948v1, comparison of R1 with other models',
  distilled: 'DeepSeek-R1, arXiv 2501.12948v1, distilled models and their baselines',
  distillOrRl: 'DeepSeek-R1, arXiv 2501.12948, distillation against reinforcement learning',
  openR1: 'huggingface/open-r1, README (LightEval; 64 samples for AIME)',
} as const;

export type SourceName = keyof typeof SOURCES;

/** Figures of one model from one source: `cells[benchmark][metric]`. */
export interface PublishedRow {
  readonly model: string;
  readonly source: SourceName;
  readonly cells: { readonly [benchmark: string]: { readonly [metric: string]: number } };
}

const STAGES = [
  'DeepSeek-R1-Zero',
  'DeepSeek-R1-Dev1',
  'DeepSeek-R1-Dev2',
  'DeepSeek-R1-Dev3',
  'DeepSeek-R1',
] as const;

/** One line of the table of the stages: R1-Zero, Dev1, Dev2, Dev3, R1. */
type StageLine = readonly [benchmark: string, metric: string, ...values: number[]];

const STAGE_TABLE: readonly StageLine[] = [
  ['mmlu', 'pass@1', 88.8, 89.1, 91.2, 91.0, 90.8],
  ['mmlu-redux', 'score', 85.6, 90.0, 93.0, 93.1, 92.9],
  ['mmlu-pro', 'score', 68.9, 74.1, 83.8, 83.1, 84.0],
  ['drop', 'F1', 89.1, 89.8, 91.1, 88.7, 92.2],
  ['ifeval', 'pass@1', 46.6, 71.7, 72.0, 78.1, 83.3],
  ['gpqa-diamond', 'pass@1', 75.8, 66.1, 70.7, 71.2, 71.5],
  ['simpleqa', 'score', 30.3, 17.8, 28.2, 24.9, 30.1],
  ['frames', 'score', 82.3, 78.5, 81.8, 81.9, 82.5],
  ['alpacaeval-2', 'LC win rate', 24.7, 50.1, 55.8, 62.1, 87.6],
  ['arena-hard', 'score', 53.6, 77.0, 73.2, 75.6, 92.3],
  ['livecodebench', 'pass@1', 50.0, 57.5, 63.5, 64.6, 65.9],
  ['codeforces', 'percentile', 80.4, 84.5, 90.5, 92.1, 96.3],
  ['codeforces', 'rating', 1444, 1534, 1687, 1746, 2029],
  ['swe-verified', 'resolved', 43.2, 39.6, 44.6, 45.6, 49.2],
  ['aider-polyglot', 'score', 12.2, 6.7, 25.6, 44.8, 53.3],
  ['aime-2024', 'pass@1', 77.9, 59.0, 74.0, 78.1, 79.8],
  ['math-500', 'pass@1', 95.9, 94.2, 95.9, 95.4, 97.3],
  ['cnmo-2024', 'pass@1', 88.1, 58.0, 73.9, 77.3, 78.8],
  ['cluewsc', 'score', 93.1, 92.8, 92.6, 91.6, 92.8],
  ['c-eval', 'score', 92.8, 85.7, 91.9, 86.4, 91.8],
  ['c-simpleqa', 'score', 66.4, 58.8, 64.2, 66.9, 63.7],
];

function stageRow(model: string, column: number): PublishedRow {
  const cells: Record<string, Record<string, number>> = {};
  for (const [benchmark, metric, ...values] of STAGE_TABLE) {
    cells[benchmark] = { ...cells[benchmark], [metric]: values[column]! };
  }
  return { model, source: 'stages', cells };
}

/** The figures the reasoning tables have in common; null where a table leaves one out. */
type ReasoningLine = readonly [
  model: string,
  aime: number,
  aimeCons64: number | null,
  math500: number,
  gpqa: number,
  livecodebench: number,
  codeforcesRating: number | null,
];

function reasoningRow(source: SourceName, line: ReasoningLine): PublishedRow {
  const [model, aime, cons64, math500, gpqa, livecodebench, rating] = line;
  return {
    model,
    source,
    cells: {
      'aime-2024': { 'pass@1': aime, ...(cons64 !== null && { 'cons@64': cons64 }) },
      'math-500': { 'pass@1': math500 },
      'gpqa-diamond': { 'pass@1': gpqa },
      livecodebench: { 'pass@1': livecodebench },
      ...(rating !== null && { codeforces: { rating } }),
    },
  };
}

const O1: readonly ReasoningLine[] = [
  ['OpenAI o1-0912', 74.4, 83.3, 94.8, 77.3, 63.4, 1843],
  ['OpenAI o1-mini', 63.6, 80.0, 90.0, 60.0, 53.8, 1820],
  ['DeepSeek-R1-Zero (first version)', 71.0, 86.7, 95.9, 73.3, 50.0, 1444],
];

const DISTILLED: readonly ReasoningLine[] = [
  ['DeepSeek-R1-Distill-Qwen-1.5B', 28.9, 52.7, 83.9, 33.8, 16.9, 954],
  ['DeepSeek-R1-Distill-Qwen-7B', 55.5, 83.3, 92.8, 49.1, 37.6, 1189],
  ['DeepSeek-R1-Distill-Qwen-14B', 69.7, 80.0, 93.9, 59.1, 53.1, 1481],
  ['DeepSeek-R1-Distill-Qwen-32B', 72.6, 83.3, 94.3, 62.1, 57.2, 1691],
  ['DeepSeek-R1-Distill-Llama-8B', 50.4, 80.0, 89.1, 49.0, 39.6, 1205],
  ['DeepSeek-R1-Distill-Llama-70B', 70.0, 86.7, 94.5, 65.2, 57.5, 1633],
  ['GPT-4o', 9.3, 13.4, 74.6, 49.9, 32.9, 759],
  ['Claude-3.5-Sonnet', 16.0, 26.7, 78.3, 65.0, 38.9, 717],
  ['QwQ-32B-Preview', 50.0, 60.0, 90.6, 54.5, 41.9, 1316],
];

/** Measured again by others: what to expect of noise and of another harness. */
const REMEASURED: readonly (readonly [model: string, aime: number])[] = [
  ['DeepSeek-R1-Distill-Qwen-1.5B', 30.7],
  ['DeepSeek-R1-Distill-Qwen-7B', 50.8],
  ['DeepSeek-R1-Distill-Qwen-14B', 65.9],
  ['DeepSeek-R1-Distill-Qwen-32B', 69.7],
  ['DeepSeek-R1-Distill-Llama-8B', 43.9],
  ['DeepSeek-R1-Distill-Llama-70B', 63.0],
];

const pass1 = (value: number) => ({ 'pass@1': value });

/** All rows, in the order they are shown. */
export const PUBLISHED: readonly PublishedRow[] = [
  ...STAGES.map(stageRow).toReversed(),
  {
    model: 'DeepSeek-R1',
    source: 'text',
    cells: { 'aime-2024': { 'cons@64': 86.7, 'pass@64': 90.0 }, 'aime-2025': pass1(75) },
  },
  { model: 'DeepSeek-R1-Zero', source: 'text', cells: { 'aime-2024': { 'cons@16': 86.7 } } },
  { model: 'DeepSeek-V3-Base (R1-Zero, step 0)', source: 'text', cells: { 'aime-2024': pass1(15.6) } },
  ...O1.map((line) => reasoningRow('o1', line)),
  {
    model: 'OpenAI o1-1217',
    source: 'models',
    cells: {
      mmlu: pass1(91.8),
      drop: { F1: 90.2 },
      'gpqa-diamond': pass1(75.7),
      simpleqa: { score: 47.0 },
      livecodebench: pass1(63.4),
      codeforces: { percentile: 96.6, rating: 2061 },
      'swe-verified': { resolved: 48.9 },
      'aider-polyglot': { score: 61.7 },
      'aime-2024': pass1(79.2),
      'math-500': pass1(96.4),
    },
  },
  {
    model: 'DeepSeek-V3',
    source: 'models',
    cells: {
      mmlu: pass1(88.5),
      'gpqa-diamond': pass1(59.1),
      'alpacaeval-2': { 'LC win rate': 70.0 },
      'arena-hard': { score: 85.5 },
      codeforces: { rating: 1134 },
      'aime-2024': pass1(39.2),
      'math-500': pass1(90.2),
    },
  },
  ...DISTILLED.map((line) => reasoningRow('distilled', line)),
  reasoningRow('distillOrRl', ['Qwen2.5-32B-Zero (RL only)', 47.0, 60.0, 91.6, 55.0, 40.2, null]),
  {
    model: 'Qwen2-Math-7B-Zero (RL only)',
    source: 'distillOrRl',
    cells: { 'aime-2024': pass1(22.3), 'aime-2025': pass1(18.1) },
  },
  {
    model: 'Qwen2-Math-7B-Instruct',
    source: 'distillOrRl',
    cells: { 'aime-2024': pass1(7.9), 'aime-2025': pass1(4.6) },
  },
  ...REMEASURED.map(
    ([model, aime]): PublishedRow => ({
      model: `${model} (open-r1)`,
      source: 'openR1',
      cells: { 'aime-2024': pass1(aime) },
    }),
  ),
];

/** Metrics published for a benchmark, pass@1 first; empty where nothing was. */
export function publishedMetrics(benchmark: string): string[] {
  const metrics = new Set(PUBLISHED.flatMap(({ cells }) => Object.keys(cells[benchmark] ?? {})));
  return [...metrics].sort((a, b) => Number(b === 'pass@1') - Number(a === 'pass@1'));
}
