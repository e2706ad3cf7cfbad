/**
 * @file A chat template in Ollama's language, Go's text/template, for conversations of questions and answers.
 *
 * The Jinja template is not translated. It renders a few conversations, and what it puts around the texts becomes the Go
 * template; where it does not put the same around each turn there is none. Tools, and earlier thoughts that a template
 * leaves out, are beyond it. Language: docs/template.md of Ollama.
 */
import type { ChatMessage } from '../../records.ts';
import type { ChatTemplate, RenderOptions } from '../chat-template.ts';

/** What stands before each text of a conversation, by what came before it. */
interface Pieces {
  /** Before a system text, which is always the first. */
  readonly system: string;
  /** Before a first question. */
  readonly first: string;
  /** Before a question after a system text. */
  readonly afterSystem: string;
  /** Before an answer. */
  readonly answer: string;
  /** Before a question after an answer. */
  readonly next: string;
  /** Between the last question and the answer that is to come. */
  readonly end: string;
}

/** Texts that no template has, and that none trims. */
const TEXT = { system: 'zqSystemqz', questions: ['zqOneqz', 'zqTwoqz', 'zqThreeqz'], answer: 'zqAnswerqz' };

const user = (content: string): ChatMessage => ({ role: 'user', content });
const assistant: ChatMessage = { role: 'assistant', content: TEXT.answer };

/** The template; null where the pieces cannot be told, or cannot be written. */
export function ollamaTemplate(template: ChatTemplate, options: RenderOptions): string | null {
  const render = (messages: readonly ChatMessage[]): string | null => {
    try {
      return template.render(messages, { ...options, addGenerationPrompt: true });
    } catch {
      return null;
    }
  };
  const pieces = piecesOf(render);
  if (pieces === null) return null;
  // A piece with actions of the language, or with the quotes around the whole, would not be the text it is.
  if (Object.values(pieces).some((piece) => piece.includes('{{') || piece.includes('"""'))) return null;
  return written(pieces);
}

function piecesOf(render: (messages: readonly ChatMessage[]) => string | null): Pieces | null {
  const [one, two, three] = TEXT.questions as [string, string, string];
  const system: ChatMessage = { role: 'system', content: TEXT.system };
  const plain = render([user(one), assistant, user(two)]);
  const long = render([user(one), assistant, user(two), assistant, user(three)]);
  const withSystem = render([system, user(one), assistant, user(two)]);
  const between = cut(plain, [one, TEXT.answer, two]);
  const after = cut(withSystem, [TEXT.system, one, TEXT.answer, two]);
  if (between === null || after === null) return null;
  const [first, answer, next, end] = between as [string, string, string, string];
  const pieces = { system: after[0]!, first, afterSystem: after[1]!, answer, next, end };
  const again = first + one + answer + TEXT.answer + next + two + answer + TEXT.answer + next + three + end;
  const alike = after[2] === answer && after[3] === next && after[4] === end && again === long;
  return alike ? pieces : null;
}

/** What stands before, between and behind texts, each there once and in this order. */
function cut(rendered: string | null, texts: readonly string[]): string[] | null {
  if (rendered === null) return null;
  const pieces: string[] = [];
  let rest = rendered;
  for (const text of texts) {
    const parts = rest.split(text);
    if (parts.length !== 2) return null;
    pieces.push(parts[0]!);
    rest = parts[1]!;
  }
  return [...pieces, rest];
}

function written({ system, first, afterSystem, answer, next, end }: Pieces): string {
  return [
    '{{ $last := "" }}{{ range .Messages }}',
    `{{ if eq .Role "system" }}${system}`,
    `{{ else if eq .Role "assistant" }}${answer}`,
    `{{ else if eq $last "system" }}${afterSystem}`,
    `{{ else if eq $last "" }}${first}`,
    `{{ else }}${next}{{ end }}`,
    `{{ .Content }}{{ $last = .Role }}{{ end }}${end}`,
  ].join('');
}
