/** @file The Modelfile with which Ollama takes a GGUF file: its chat template, stop strings and sampling defaults. */
import path from 'node:path';
import type { GenerationConfig } from '../../models/index.ts';
import { ollamaTemplate, type Tokenizer } from '../../text/index.ts';

/**
 * The text of a Modelfile that lies beside its GGUF file.
 * @param file - the GGUF file
 */
export function modelfile(file: string, tokenizer: Tokenizer, sampling: GenerationConfig): string {
  const { chatTemplate, bosToken, eosToken, eosIds } = tokenizer;
  const names = {
    ...(bosToken !== undefined && { bosToken }),
    ...(eosToken !== undefined && { eosToken }),
  };
  const template = chatTemplate === undefined ? '{{ .Prompt }}' : ollamaTemplate(chatTemplate, names);
  const stops = eosIds.map((id) => tokenizer.tokenOf(id)).filter((token) => token !== undefined);
  const { temperature, topP, topK } = sampling;
  const parameters: readonly (readonly [string, string | number | undefined])[] = [
    ...stops.map((token) => ['stop', JSON.stringify(token)] as const),
    ['temperature', temperature],
    ['top_p', topP],
    ['top_k', topK],
  ];
  return [
    `FROM ./${path.basename(file)}`,
    template === null
      ? '# The chat template of the model has no equivalent in Ollama’s language: add a TEMPLATE.'
      : `TEMPLATE """${withoutBegin(template, tokenizer)}"""`,
    ...parameters.flatMap(([name, value]) => (value === undefined ? [] : [`PARAMETER ${name} ${value}`])),
    '',
  ].join('\n');
}

/** Of a tokenizer that adds a begin token, Ollama puts it before the prompt itself. */
function withoutBegin(template: string, tokenizer: Tokenizer): string {
  const { bosToken, bosId } = tokenizer;
  const added = bosId !== undefined && tokenizer.encode('a', { addSpecial: true })[0] === bosId;
  if (!added || bosToken === undefined) return template;
  // Where a conversation begins: with a system text or with a question.
  return ['{{ if eq .Role "system" }}', '{{ else if eq $last "" }}'].reduce(
    (text, condition) => text.replace(`${condition}${bosToken}`, condition),
    template,
  );
}
