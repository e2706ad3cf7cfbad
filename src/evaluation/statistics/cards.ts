/**
 * @file Published scores of checkpoints, from model cards and reports: score by benchmark, and the protocol: prompt form, examples,
 * sampling. `aha eval` measures a model of the hub in this way unless told another, and prints the score beside its own.
 *
 * Scores are in percent as printed. Where a source measures another quantity than `aha eval` does, `differs` says so.
 */
import { PUBLISHED, SOURCES } from './published.ts';

/** How a benchmark was measured; what is left out is as in the DeepSeek-R1 paper. */
export interface Protocol {
  /** Name of a prompt form (forms/); the benchmark's zero-shot wording unless given. */
  readonly form?: string;
  readonly shots?: number;
  /** What the chat template is told of thinking; nothing unless given. */
  readonly thinking?: boolean;
  readonly temperature?: number;
  readonly topP?: number;
  readonly topK?: number;
  readonly maxTokens?: number;
  /** Responses to each problem. */
  readonly samples?: number;
}

/** A published score. */
export interface CardScore {
  readonly benchmark: string;
  /** Percent. */
  readonly score: number;
  readonly protocol: Protocol;
  readonly source: string;
  /** What else than pass@1 of `aha eval` the figure is. */
  readonly differs?: string;
}

const QWEN3_REPORT = 'Qwen3 Technical Report, arXiv 2505.09388';
/** The order of the columns below. */
const QWEN3_BENCHMARKS = ['gpqa-diamond', 'math-500', 'aime-2024', 'aime-2025', 'ifeval'] as const;

type Line = readonly [repo: string, table: number, ...scores: number[]];

/** Tables 11, 13, 15, 17 and 19: with thinking. */
const QWEN3_THINKING: readonly Line[] = [
  ['Qwen/Qwen3-0.6B', 19, 27.9, 77.6, 10.7, 15.1, 59.2],
  ['Qwen/Qwen3-1.7B', 19, 40.1, 93.4, 48.3, 36.8, 72.5],
  ['Qwen/Qwen3-4B', 17, 55.9, 97.0, 73.8, 65.6, 81.9],
  ['Qwen/Qwen3-8B', 17, 62.0, 97.4, 76.0, 67.3, 85.0],
  ['Qwen/Qwen3-14B', 15, 64.0, 96.8, 79.3, 70.4, 85.4],
  ['Qwen/Qwen3-32B', 13, 68.4, 97.2, 81.4, 72.9, 85.0],
];

/** Tables 14, 16, 18 and 20: without. */
const QWEN3_WITHOUT: readonly Line[] = [
  ['Qwen/Qwen3-0.6B', 20, 22.9, 55.2, 3.4, 2.6, 54.5],
  ['Qwen/Qwen3-1.7B', 20, 28.6, 73.0, 13.4, 9.8, 68.2],
  ['Qwen/Qwen3-4B', 18, 41.7, 84.8, 25.0, 19.1, 81.2],
  ['Qwen/Qwen3-8B', 18, 39.3, 87.4, 29.1, 20.9, 83.0],
  ['Qwen/Qwen3-14B', 16, 54.8, 90.0, 31.7, 23.3, 84.8],
  ['Qwen/Qwen3-32B', 14, 54.6, 88.6, 31.0, 20.2, 83.2],
];

/** The same report on models that do not think. */
const QWEN25: readonly Line[] = [
  ['Qwen/Qwen2.5-1.5B-Instruct', 20, 29.8, 55.0, 0.9, 0.4, 42.5],
  ['Qwen/Qwen2.5-3B-Instruct', 20, 30.3, 67.2, 6.7, 4.2, 58.2],
  ['Qwen/Qwen2.5-7B-Instruct', 18, 36.4, 77.6, 9.1, 12.1, 71.2],
  ['Qwen/Qwen2.5-14B-Instruct', 18, 45.5, 83.4, 15.2, 13.6, 81.0],
];

/** Samples of the report, section 4.6. */
const QWEN3_SAMPLES: { readonly [benchmark: string]: number } = {
  'gpqa-diamond': 10,
  'aime-2024': 64,
  'aime-2025': 64,
};

function qwenScores(lines: readonly Line[], protocol: Protocol, differs?: string): [string, CardScore[]][] {
  return lines.map(([repo, table, ...scores]) => [
    repo,
    QWEN3_BENCHMARKS.map((benchmark, i) => ({
      benchmark,
      score: scores[i]!,
      protocol: {
        ...protocol,
        maxTokens: benchmark.startsWith('aime') ? 38_912 : 32_768,
        samples: QWEN3_SAMPLES[benchmark] ?? 1,
      },
      source: `${QWEN3_REPORT}, table ${table}`,
      ...(differs !== undefined && { differs }),
    })),
  ]);
}

/** Model cards: benchmark, score, protocol, and what differs. */
type CardLine = readonly [benchmark: string, score: number, protocol: Protocol, differs?: string];

const GREEDY = { temperature: 0, samples: 1 } as const;
const MEAN_OF_IFEVAL = 'mean of the accuracies by prompt and by instruction';
const MEAN_OF_SUBJECTS = 'mean over subjects; the letter is written';

const SMOLLM2 = (gsm8k: number, ifeval?: number): CardLine[] => [
  ['gsm8k', gsm8k, { form: 'few-shot', shots: 5, ...GREEDY }, 'measured with lighteval'],
  ...(ifeval === undefined
    ? []
    : [['ifeval', ifeval, { ...GREEDY, maxTokens: 1280 }, MEAN_OF_IFEVAL] as const]),
];

const LLAMA = (mmlu: number, ifeval: number, gsm8k: number, math: number): CardLine[] => [
  ['mmlu', mmlu, { form: 'few-shot', shots: 5 }, MEAN_OF_SUBJECTS],
  ['ifeval', ifeval, { ...GREEDY, maxTokens: 1280 }, `${MEAN_OF_IFEVAL}, strict and loose`],
  ['gsm8k', gsm8k, { form: 'cot', shots: 8, ...GREEDY, maxTokens: 1024 }],
  ['math', math, { ...GREEDY, maxTokens: 5120 }],
];

const CARDS: readonly (readonly [repo: string, lines: readonly CardLine[]])[] = [
  ['HuggingFaceTB/SmolLM2-135M', SMOLLM2(1.4)],
  ['HuggingFaceTB/SmolLM2-360M', SMOLLM2(3.2)],
  ['HuggingFaceTB/SmolLM2-135M-Instruct', SMOLLM2(1.4, 29.9)],
  ['HuggingFaceTB/SmolLM2-360M-Instruct', SMOLLM2(7.43, 41.0)],
  ['meta-llama/Llama-3.2-1B-Instruct', LLAMA(49.3, 59.5, 44.4, 30.6)],
  ['meta-llama/Llama-3.2-3B-Instruct', LLAMA(63.4, 77.4, 77.7, 48.0)],
];

const THINKING = { thinking: true, temperature: 0.6, topP: 0.95, topK: 20 } as const;
const WITHOUT = { thinking: false, temperature: 0.7, topP: 0.8, topK: 20 } as const;

/** Figures of the table beside every evaluation that are of checkpoints on the hub. */
function deepseekScores(): [string, CardScore[]][] {
  const own = PUBLISHED.filter(
    ({ model, source }) => (source === 'distilled' || source === 'stages') && model.startsWith('DeepSeek-R1'),
  );
  return own.map(({ model, source, cells }) => [
    `deepseek-ai/${model}`,
    Object.entries(cells).flatMap(([benchmark, { 'pass@1': score }]) =>
      score === undefined ? [] : [{ benchmark, score, protocol: {}, source: SOURCES[source] }],
    ),
  ]);
}

const SCORES: readonly (readonly [repo: string, scores: readonly CardScore[]])[] = [
  ...deepseekScores(),
  ...qwenScores(QWEN3_THINKING, THINKING),
  ...qwenScores(QWEN3_WITHOUT, WITHOUT, 'with a presence penalty of 1.5, which is not applied here'),
  ...qwenScores(QWEN25, {}),
  ...CARDS.map(
    ([repo, lines]) =>
      [
        repo,
        lines.map(([benchmark, score, protocol, differs]) => ({
          benchmark,
          score,
          protocol,
          source: `model card of ${repo}`,
          ...(differs !== undefined && { differs }),
        })),
      ] as const,
  ),
];

/** Every repository of which scores are known, once. */
export const CARD_REPOS: readonly string[] = [...new Set(SCORES.map(([repo]) => repo))];

/**
 * The published scores of a model on a benchmark, the one to be measured by default first.
 * @param repo - `owner/name` on the hub
 */
export function cardScores(repo: string, benchmark: string): readonly CardScore[] {
  return SCORES.filter(([name]) => name === repo).flatMap(([, scores]) =>
    scores.filter((one) => one.benchmark === benchmark),
  );
}
