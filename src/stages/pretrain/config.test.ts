import { describe, expect, it } from 'vitest';
import type { EstimateContext } from '../../run/stage.ts';
import { documentsSchema } from '../../world/index.ts';
import { pretrainSchema, textsOf } from './config.ts';
import { pretrain } from './pretrain.ts';

const base = { stage: 'pretrain' as const, name: 'base', steps: 10, optimizer: { peak: 1e-3 } };
const model = { model_type: 'llama' };
const file = { source: 'file' as const, path: 'corpus.jsonl' };

describe('the settings of pretrain', () => {
  it('are those of the small world where no data is given, its documents written out', () => {
    const config = pretrainSchema.parse({ ...base, model, documents: { traceShare: 0.5 } });
    expect(config).toMatchObject({
      tokenizer: 'world',
      documents: { traceShare: 0.5, wrongAnswerShare: 0.3 },
    });
    expect(config).not.toHaveProperty('data');
    expect(textsOf(config)).toEqual([{ source: 'world', ...config.documents }]);
    expect(pretrainSchema.parse({ ...base, model }).documents).toEqual(documentsSchema.parse({}));
  });

  it('take the tokenizer of a checkpoint unless another is given', () => {
    const on = { ...base, model: '@first', data: [file] };
    expect(pretrainSchema.parse(on).tokenizer).toBeUndefined();
    expect(pretrainSchema.parse({ ...on, tokenizer: 'mine' }).tokenizer).toBe('mine');
  });

  it('are taken again as they were resolved', () => {
    for (const config of [
      pretrainSchema.parse({ ...base, model }),
      pretrainSchema.parse({ ...base, model: '@first', data: [file, { source: 'world', weight: 2 }] }),
    ]) {
      expect(pretrainSchema.parse(JSON.parse(JSON.stringify(config)))).toEqual(config);
    }
  });
});

describe('the estimate of pretrain', () => {
  it('takes the size that is stated of a checkpoint that is not at hand', async () => {
    const context: EstimateContext = {
      device: 'cpu',
      resolve: (reference) => reference,
      assumed: {
        model: () => ({ parameters: 1000, active: 500, layers: 2 }),
        data: () => ({ examples: 1, tokens: 1 }),
      },
    };
    const config = pretrainSchema.parse({
      ...base,
      model: 'absent',
      data: [file],
      rowLength: 8,
      rowsPerStep: 4,
    });
    expect(await pretrain.estimate(config, context)).toMatchObject({
      parameters: 1000,
      tokens: 320,
      bytes: 16_000,
    });
  });
});
