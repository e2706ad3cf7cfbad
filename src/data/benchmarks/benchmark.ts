/**
 * @file A benchmark: columns of a published file read as prompts, the wording they are asked in, and how they
 * are scored.
 *
 * Nothing is fetched here: a benchmark says which file it reads, where that is published, and its name on the hub.
 */
import type { Json } from '../../records.ts';
import type { Row } from '../files/row.ts';

/** What scores a reply: a math answer, a letter, hidden tests, verifiable instructions, or equal text. */
export type Verifier = 'math' | 'choice' | 'code' | 'instructions' | 'exact';

/** The file a benchmark reads. */
export interface Expected {
  /** A usual path, for messages: `data/gsm8k/test.jsonl`. */
  readonly file: string;
  /** Columns that are needed; `|` parts the spellings of one. */
  readonly columns: readonly string[];
  /** Where it is published: a name on the Hugging Face hub, or a repository. */
  readonly source: string;
  /** The split that is measured, by its name on the hub; absent where no copy there has these columns in one split. */
  readonly hub?: string;
  /** The split whose first rows are examples in prompts that show some. */
  readonly shots?: string;
}

/** One problem as a benchmark reads it from a row. */
export interface Question {
  /** Name of the problem inside its benchmark, where the row has one; the row's number otherwise. */
  readonly id?: string;
  /** The problem alone, without the wording around it: what filters and decontamination look at. */
  readonly question: string;
  /** The reference answer, or null where a verifier reads `meta` instead. */
  readonly answer: string | null;
  /** What the verifier reads beside the answer, and what reports group by (level, subject). */
  readonly meta?: { readonly [key: string]: Json };
}

/** One benchmark. A new one is a file, or a function in a file, and a line in `BENCHMARKS`. */
export interface Benchmark {
  /** Name in recipes, on the command line and in metrics. */
  readonly name: string;
  /** Name as published. */
  readonly title: string;
  readonly verifier: Verifier;
  /** k of pass@1 in the R1 paper, or null where the paper states none. */
  readonly samples: number | null;
  readonly expects: Expected;
  /** Large columns that `read` unpacks into `meta`: they are left out of the prompt's columns, not held twice. */
  readonly packed?: readonly string[];
  /** Names of the columns of a published CSV file whose first line is a row already; null where it is a header. */
  headerless?(line: readonly string[]): readonly string[] | null;
  /**
   * The problem of one row. Throws UserError naming place and column for a row that lacks something.
   * @param seed - decides what is shuffled inside a problem (the order of options), with the problem's id
   */
  read(row: Row, seed: number): Question;
  /** The prompt as a user types it: the question and what form of answer is asked for. */
  word(question: Question): string;
}
