/** @file Constrained output: grammars of JSON and tool calls over a vocabulary. No tensors. */
export type { AllowedTokens } from './allowed-tokens.ts';
export {
  type CompiledFormat,
  compileFormat,
  type FormatSource,
  formatBytes,
  formatGrammar,
  refuseLargeFormat,
} from './compile.ts';
export type { Grammar, GrammarState } from './grammar.ts';
export { jsonObjectGrammar } from './json-object.ts';
export { jsonSchemaGrammar } from './schema.ts';
export {
  type ConstraintCursor,
  ConstraintVocabulary,
  type StartedConstraint,
  TokenConstraint,
  type TokenConstraintOptions,
} from './token-constraint.ts';
export { toolCallGrammar } from './tool-call.ts';
