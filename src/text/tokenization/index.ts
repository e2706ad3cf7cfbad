/** @file tokenizer.json as the Rust library `tokenizers` computes it. */
export { Pipeline } from './pipeline.ts';
export { Unsupported } from './read.ts';
