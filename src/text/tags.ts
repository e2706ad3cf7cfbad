/** @file The tags that set thinking and answer apart, and how a reply that holds them is to be read. */

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

/** How a reply is to be read. */
export interface ParseOptions {
  /**
   * Whether the prompt itself opened the thought (`PromptText.prefilledThinking`). true: the reply starts inside the
   * thought. false: it starts outside, and only a reply that begins with the opening tag thinks. Left out: not known;
   * text before a closing tag is reasoning with or without an opening one.
   */
  readonly prefilled?: boolean | undefined;
  readonly tags?: Tags;
}
