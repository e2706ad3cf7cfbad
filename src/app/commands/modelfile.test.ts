import { describe, expect, it } from 'vitest';
import { byteTokenizerFiles } from '../../../tests/support/byte-tokenizer.ts';
import type { JsonObject } from '../../records.ts';
import { Tokenizer } from '../../text/index.ts';
import { modelfile } from './modelfile.ts';

function tokenizerWith(template: string | null, changes: JsonObject = {}): Tokenizer {
  const { tokenizer, config } = byteTokenizerFiles(template);
  const encode = (value: JsonObject): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
  return new Tokenizer({
    where: 'test',
    contents: new Map([
      ['tokenizer.json', encode(tokenizer)],
      ['tokenizer_config.json', encode({ ...config, ...changes })],
    ]),
  });
}

const LLAMA =
  '{{ bos_token }}{% for m in messages %}[{{ m.role }}]{{ m.content }}[/]{% endfor %}{% if add_generation_prompt %}[assistant]{% endif %}';
const begin = { bos_token: '<|im_start|>' };

describe('a Modelfile', () => {
  it('has sampling defaults and stop strings, and the bare prompt without a chat template', () => {
    const text = modelfile('/a/b c.gguf', tokenizerWith(null), { temperature: 0.6, topP: 0.9, topK: 20 });
    expect(text).toBe(
      'FROM ./b c.gguf\nTEMPLATE """{{ .Prompt }}"""\nPARAMETER stop "<|im_end|>"\nPARAMETER temperature 0.6\nPARAMETER top_p 0.9\nPARAMETER top_k 20\n',
    );
  });

  it('leaves the begin token to Ollama where the tokenizer adds it, and else writes it', () => {
    const added = modelfile('a.gguf', tokenizerWith(LLAMA, { ...begin, add_bos_token: true }), {});
    expect(added).toContain(
      '{{ if eq .Role "system" }}[system]{{ else if eq .Role "assistant" }}[/][assistant]',
    );
    const written = modelfile('a.gguf', tokenizerWith(LLAMA, begin), {});
    expect(written).toContain('{{ if eq .Role "system" }}<|im_start|>[system]');
    expect(written).toContain('{{ else if eq $last "" }}<|im_start|>[user]{{ else }}[/][user]{{ end }}');
  });

  it.each([
    ['refuses conversations', '{{ raise_exception("no") }}'],
    ['counts turns', '{% for m in messages %}{{ loop.index }}{{ m.content }}{% endfor %}'],
    ['leaves texts out', '{{ messages[-1].content }}'],
    ['has braces', "{% for m in messages %}{{ '{{' }}{{ m.content }}{% endfor %}"],
  ])('says so where the template %s', (_, template) => {
    expect(modelfile('a.gguf', tokenizerWith(template), {})).toContain(
      '# The chat template of the model has no',
    );
  });
});
