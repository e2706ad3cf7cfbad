import { describe, expect, it } from 'vitest';
import { createAccess } from '../../serving/access/index.ts';
import { type ModelInfo, RECOMMENDED } from '../../serving/backend.ts';
import { readyJson, readyText } from './serve-ready.ts';

const MODEL: ModelInfo = {
  id: 'r1',
  created: 0,
  context: 4096,
  vocabSize: 1000,
  parameters: 1_543_714_304,
  architecture: 'qwen2',
  dtype: 'bfloat16',
  device: 'cuda:0',
  sampling: RECOMMENDED,
  toolSyntax: 'hermes',
  examples: [],
  graphs: 0,
  maxReplies: 80,
  state: 'ready',
};
const open = createAccess({ keys: null });
const keyed = createAccess({ keys: () => [] });

describe('what is printed when ready', () => {
  it('names address, models and a request to try', () => {
    const models = [
      { ...MODEL, graphs: 36 },
      { ...MODEL, id: 'r1-zero', parameters: 718_000 },
    ];
    expect(readyText({ url: 'http://127.0.0.1:8000', era: 'open', access: open, models })).toBe(
      [
        'serving at http://127.0.0.1:8000 (era open; no key is needed)',
        '  r1       qwen2, 1.5B parameters, bfloat16 on cuda:0, context 4096, 36 CUDA graphs recorded',
        '  r1-zero  qwen2, 718k parameters, bfloat16 on cuda:0, context 4096',
        'try:',
        "  curl http://127.0.0.1:8000/v1/chat/completions -H 'content-type: application/json' " +
          `-d '{"model":"r1","messages":[{"role":"user","content":"What is 2 + 3?"}]}'`,
        'Ctrl-C stops the server after the running replies.',
        '',
      ].join('\n'),
    );
  });

  it('asks a question that fits the first model', () => {
    const models = [{ ...MODEL, examples: ['what is 12 + 30 - 5 ?', 'what is 7 * 8 + 20 ?'] }];
    const text = readyText({ url: 'http://127.0.0.1:8000', era: 'open', access: open, models });
    expect(text).toContain('"content":"what is 12 + 30 - 5 ?"');
  });

  it('says where a key goes, and an address one can send to', () => {
    const text = readyText({ url: 'http://0.0.0.0:8000', era: 'r1', access: keyed, models: [MODEL] });
    expect(text).toContain('every request needs an API key');
    expect(text).toContain('curl http://127.0.0.1:8000/');
    expect(text).toContain('-H "authorization: Bearer $AHA_API_KEY"');
  });

  it('is one line of JSON for programs', () => {
    const text = readyJson({ url: 'http://[::1]:1', era: 'r1', access: keyed, models: [MODEL] });
    expect(text.indexOf('\n')).toBe(text.length - 1);
    expect(JSON.parse(text)).toEqual({
      url: 'http://[::1]:1',
      era: 'r1',
      keyRequired: true,
      models: [MODEL],
    });
  });
});
