/** @file The tags around thinking and around the answer. */

/** The tags around thinking, and around the answer. */
export interface Tags {
  readonly thinkOpen: string;
  readonly thinkClose: string;
  readonly answerOpen: string;
  readonly answerClose: string;
}

/** The tags of DeepSeek-R1. */
export const DEFAULT_TAGS: Tags = {
  thinkOpen: '<think>',
  thinkClose: '</think>',
  answerOpen: '<answer>',
  answerClose: '</answer>',
};
