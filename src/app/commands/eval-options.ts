/** @file Options of `aha eval`. */
import type { ReadingPrecision } from '../../precision.ts';
import type { PromptTemplate } from '../../text/index.ts';

export interface EvalOptions {
  readonly bench: readonly string[];
  readonly data?: string;
  readonly shotsData?: string;
  readonly form?: string;
  readonly shots?: number;
  readonly thinking?: 'on' | 'off';
  readonly k?: number;
  readonly problems?: number;
  readonly level?: number;
  readonly temperature?: number;
  readonly topP?: number;
  readonly topK?: number;
  readonly maxTokens?: number;
  readonly seed: number;
  readonly template?: PromptTemplate;
  readonly rows: number;
  readonly device: string;
  readonly precision: ReadingPrecision;
  readonly label?: string;
  /** Where the checkpoint comes from: its name on the hub at a commit. */
  readonly source?: string;
  readonly model?: string;
  readonly apiKeyEnv?: string;
  readonly concurrency: number;
  readonly spendLimit?: number;
  readonly tokenLimit?: number;
  readonly prices?: string;
  readonly timeout: number;
  readonly compare?: string;
  readonly out?: string;
  readonly json?: boolean;
}
