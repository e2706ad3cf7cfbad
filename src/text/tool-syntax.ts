/**
 * @file Syntaxes of tool calls, their markers, and which of them a chat template uses.
 *
 *  - hermes (Hermes, Qwen): `<tool_call>\n{"name": …, "arguments": {…}}\n</tool_call>`
 *  - deepseek-v3 (V3, R1-0528): type, name and fenced JSON between tokens, in a section of calls
 *  - deepseek-v3.1: name and bare JSON between the same tokens
 *  - llama3 (Llama 3.1): `<|python_tag|>{"name": …, "parameters": {…}}`, or that object alone as the whole answer
 */
export const TOOL_CALL_SYNTAXES = ['hermes', 'deepseek-v3', 'deepseek-v3.1', 'llama3'] as const;
export type ToolCallSyntax = (typeof TOOL_CALL_SYNTAXES)[number];

export const HERMES = { open: '<tool_call>', close: '</tool_call>' } as const;
export const DEEPSEEK = {
  openAll: '<｜tool▁calls▁begin｜>',
  open: '<｜tool▁call▁begin｜>',
  separator: '<｜tool▁sep｜>',
  close: '<｜tool▁call▁end｜>',
  closeAll: '<｜tool▁calls▁end｜>',
} as const;
export const PYTHON_TAG = '<|python_tag|>';

/** The markers of each syntax. */
export const TOOL_CALL_MARKERS: Readonly<Record<ToolCallSyntax, readonly string[]>> = {
  hermes: Object.values(HERMES),
  'deepseek-v3': Object.values(DEEPSEEK),
  'deepseek-v3.1': Object.values(DEEPSEEK),
  llama3: [PYTHON_TAG],
};

/** The text of a call around its name and the text of its arguments. */
export interface ToolCallFrame {
  readonly before: string;
  readonly between: string;
  readonly after: string;
}

/** How one call is laid out; the name stands in it as it is, without characters that JSON escapes. */
export function toolCallFrame(syntax: ToolCallSyntax): ToolCallFrame {
  const { openAll, open, separator, close, closeAll } = DEEPSEEK;
  switch (syntax) {
    case 'hermes':
      return {
        before: `${HERMES.open}\n{"name": "`,
        between: '", "arguments": ',
        after: `}\n${HERMES.close}`,
      };
    case 'deepseek-v3':
      return {
        before: `${openAll}${open}function${separator}`,
        between: '\n```json\n',
        after: `\n\`\`\`${close}${closeAll}`,
      };
    case 'deepseek-v3.1':
      return { before: openAll + open, between: separator, after: close + closeAll };
    case 'llama3':
      return { before: `${PYTHON_TAG}{"name": "`, between: '", "parameters": ', after: '}' };
  }
}

/**
 * A call as a model would write it; `ToolCallParser` reads it back.
 * @param call - a name as OpenAI's API takes it, and the JSON text of an object
 */
export function formatToolCall(
  syntax: ToolCallSyntax,
  call: { readonly name: string; readonly arguments: string },
): string {
  const { before, between, after } = toolCallFrame(syntax);
  return before + call.name + between + call.arguments + after;
}

/**
 * The syntax a chat template renders calls in; null where it renders none that is read here.
 * @param templateSource - the Jinja text
 */
export function toolSyntaxOf(templateSource: string): ToolCallSyntax | null {
  const has = (text: string): boolean => templateSource.includes(text);
  // Qwen3-Coder and GLM put XML, not JSON, into the same tags.
  if (has(HERMES.open)) return has('<function=') || has('<arg_key>') ? null : 'hermes';
  if (has(DEEPSEEK.open)) return has('```json') ? 'deepseek-v3' : 'deepseek-v3.1';
  const llama =
    has(PYTHON_TAG) ||
    (has('<|start_header_id|>') && /tool_calls?\b[\s\S]*"parameters\\?"/.test(templateSource));
  return llama ? 'llama3' : null;
}
