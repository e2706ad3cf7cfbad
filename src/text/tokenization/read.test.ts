import { expect, it } from 'vitest';
import { AddedVocabulary } from './added-vocabulary.ts';
import { modelOf } from './model.ts';

it.each([-1, 0.5, 2 ** 24, '7', null])('names a token whose id is none: %j', (id) => {
  const what = `"a" has the id ${JSON.stringify(id)}, expected a whole number`;
  for (const type of ['BPE', 'WordLevel', 'WordPiece']) {
    const model = { type, vocab: { '<unk>': 0, a: id }, merges: [], unk_token: '<unk>' };
    expect(() => modelOf(model, undefined)).toThrow(`model ${type}: ${what}`);
  }
  expect(() => new AddedVocabulary([{ id, content: 'a' }], null)).toThrow(`added_tokens: ${what}`);
});
