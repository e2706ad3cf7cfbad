/** @file Text: tokenizers, chat templates, prompts, thinking and answer. No tensors. */

export type { ChatMessage } from '../records.ts';
export {
  answerBoxes,
  asRead,
  boxedAnswer,
  DEFAULT_TAGS,
  isMarked,
  type ReadOptions,
  readResponse,
  responseOfParts,
  type Tags,
} from './answer.ts';
export { beginningAtEnd } from './beginning-at-end.ts';
export { requireBpeOptions, trainBpe } from './bpe/byte-level-tokenizer.ts';
export { PretokenCounts } from './bpe/pretokens.ts';
export { type ChatFinding, inspectChatFormat, thinkingOptions, UNREAD_SWITCH } from './chat-format.ts';
export {
  ChatTemplate,
  type RenderOptions,
  renderChat,
  THINKING_SWITCHES,
  thinkingSwitch,
} from './chat-template.ts';
export { readTokenizerFiles } from './checkpoint-files.ts';
export { ControlMarker, type Segment, unmark } from './control-tokens.ts';
export { encodeConversation, encodeDemonstration, type TokenSequence } from './demonstration.ts';
export { type Decoding, StreamDecoder } from './detokenizer.ts';
export { ollamaTemplate } from './gguf/ollama-template.ts';
export { readVocabulary as readGgufVocabulary } from './gguf/vocabulary.ts';
export { ggufTokenizer } from './gguf/write.ts';
export {
  aroundConversation,
  askedText,
  type EncodedPrompt,
  encodeChat,
  encodePrompt,
  encodeQuestion,
  markContent,
  markedChat,
  markMessage,
  opensThought,
  PROMPT_TEMPLATES,
  type PromptTemplate,
  type PromptText,
  type Question,
  questionOf,
  renderPrompt,
  requireForm,
  splitThought,
} from './prompts.ts';
export { attemptsOf, REFLECTION_WORDS, reflectionWords } from './reflection.ts';
export { hasSpelled, parseSpelled, SpelledNumber, writeSpelled } from './spelled-json.ts';
export { padEnd, padStart, printable, textWidth, truncate, wrap } from './text-width.ts';
export { type ThinkingDelta, type ThinkingOptions, ThinkingParser } from './thinking-parser.ts';
export { tokenBytes } from './token-bytes.ts';
export { type DecodeOptions, type EncodeOptions, Tokenizer } from './tokenizer.ts';
export { type TokenizerFiles, writeTokenizerFiles } from './tokenizer-files.ts';
export {
  type ToolCallDelta,
  ToolCallParser,
  type ToolCallParserOptions,
  type ToolCallPieces,
} from './tool-calls.ts';
export { ignoresTools } from './tool-messages.ts';
export {
  formatToolCall,
  TOOL_CALL_MARKERS,
  TOOL_CALL_SYNTAXES,
  type ToolCallSyntax,
  toolCallFrame,
  toolSyntaxOf,
} from './tool-syntax.ts';
