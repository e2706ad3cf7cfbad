/** @file What a grader is: a prompt and a reply in, whether it is right and which answer it gives out. */
import type { SameAnswer } from '../../../eval/index.ts';
import type { Prompt } from '../../../records.ts';

/** A reply as graders read it. */
export interface ReplyText {
  /** All of it, thought included. */
  readonly text: string;
  /** What follows the thought, or null where there is nothing. */
  readonly answer: string | null;
}

/** What a reply is worth. */
export interface Grade {
  /** 1 right, 0 wrong, between: partial credit, null: could not be scored. */
  readonly correct: number | null;
  /** The answer found, as it takes part in a vote; null where there is none. */
  readonly answer: string | null;
}

/** One way of verifying answers. */
export interface Grader {
  /** Whether answers can vote (cons@k): not where each reply is a program or a text of its own. */
  readonly votes: boolean;
  /** Throws UserError where this machine lacks what grading needs: to be told before anything is sampled. */
  ready(prompts: readonly Prompt[]): Promise<void>;
  grade(prompt: Prompt, reply: ReplyText): Promise<Grade>;
  readonly same: SameAnswer;
  /** Ends what the grader started: workers, sandboxes. */
  close(): Promise<void>;
}

/** For graders that need nothing and start nothing. */
export const NOTHING_TO_PREPARE: Pick<Grader, 'ready' | 'close'> = {
  ready: async () => undefined,
  close: async () => undefined,
};
