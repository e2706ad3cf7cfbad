import { describe, expect, it } from 'vitest';
import type { Listing } from './listing.ts';
import { parseHubName } from './name.ts';
import { readConfigs } from './readme.ts';
import { splitFiles } from './splits.ts';

function listing(paths: readonly string[], partial = false): Listing {
  return { commit: 'a'.repeat(40), files: paths.map((path) => ({ path, size: 1, etag: 'e' })), partial };
}

function found(name: string, paths: readonly string[], readme: string | null = null): string[] {
  const { config, split, files } = splitFiles(parseHubName(name, 'dataset'), listing(paths), readme);
  return [`${config}/${split}`, ...files.map(({ path }) => path)];
}

const GSM8K = `---
annotations_creators:
- crowdsourced
dataset_info:
- config_name: main
  features:
  - name: question
    dtype: string
  splits:
  - name: train
    num_examples: 7473
configs:
- config_name: main
  data_files:
  - split: train
    path: main/train-*
  - split: test
    path: main/test-*
- config_name: socratic  # with questions between the steps
  data_files:
  - split: train
    path: "socratic/train-*"
tags:
- math-word-problems
---
# GSM8K
`;

describe('readConfigs', () => {
  it('reads what push_to_hub writes', () => {
    expect(readConfigs(GSM8K)).toEqual([
      {
        name: 'main',
        isDefault: false,
        splits: [
          { split: 'train', patterns: ['main/train-*'] },
          { split: 'test', patterns: ['main/test-*'] },
        ],
      },
      {
        name: 'socratic',
        isDefault: false,
        splits: [{ split: 'train', patterns: ['socratic/train-*'] }],
      },
    ]);
  });

  it('reads lists of patterns, plain patterns, folders and the default', () => {
    const head = (text: string) => readConfigs(`---\nconfigs:\n${text}\n---\n`);
    expect(head('  - config_name: a\n    data_files: "x.csv"\n    default: true')).toEqual([
      { name: 'a', isDefault: true, splits: [{ split: 'train', patterns: ['x.csv'] }] },
    ]);
    expect(head('- config_name: a\n  data_files: [x.csv, "y.csv"]')[0]?.splits).toEqual([
      { split: 'train', patterns: ['x.csv', 'y.csv'] },
    ]);
    const several = '- config_name: a\n  data_files:\n  - split: dev\n    path:\n    - a.csv\n    - b.csv';
    expect(head(several)[0]?.splits).toEqual([{ split: 'dev', patterns: ['a.csv', 'b.csv'] }]);
    expect(head('- config_name: a\n  data_dir: sub')[0]?.splits).toEqual([
      { split: 'train', patterns: ['sub/**'] },
    ]);
  });

  it('takes what it cannot read as absent', () => {
    const texts = ['# no head', '---\ntags: [a]\n---', '---\nconfigs:\n  - &x\n      a: 1\n   b: 2\n---'];
    for (const text of texts) expect(readConfigs(text)).toEqual([]);
  });
});

describe('splitFiles', () => {
  const paths = [
    'README.md',
    'main/train-00000-of-00001.parquet',
    'main/test-00000-of-00001.parquet',
    'socratic/train-00000-of-00001.parquet',
  ];

  it.each([
    ['stated in README.md', GSM8K],
    ['by the names of files', null],
  ])('finds configuration and split, %s', (_, readme) => {
    expect(found('hf:openai/gsm8k/main/train', paths, readme)).toEqual(['main/train', paths[1]]);
    expect(found('hf:openai/gsm8k/socratic/train', paths, readme)).toEqual(['socratic/train', paths[3]]);
    // A configuration of one split alone.
    expect(found('hf:openai/gsm8k/socratic', paths, readme)).toEqual(['socratic/train', paths[3]]);
  });

  it('lists what there is where the name leads to nothing, or to several', () => {
    expect(() => found('hf:openai/gsm8k', paths)).toThrow(
      /which split\?\n {2}There is hf:openai\/gsm8k\/main\/train, hf:openai\/gsm8k\/main\/test, hf:.*socratic\/train\./,
    );
    expect(() => found('hf:openai/gsm8k/main/tran', paths)).toThrow(/did you mean "main\/train"\?/);
    expect(() => found('hf:openai/gsm8k/train', paths)).toThrow(/no split “train”/);
  });

  it('names files and folders as are usual', () => {
    expect(found('hf:a/b/test', ['data/train-0.parquet', 'data/test-0.parquet'])[0]).toBe('default/test');
    expect(found('hf:a/b/validation', ['train.jsonl', 'dev.jsonl'])).toEqual([
      'default/validation',
      'dev.jsonl',
    ]);
    expect(found('hf:a/b/main/train', ['main/train/0000.parquet', 'main/train/0001.parquet'])).toHaveLength(
      3,
    );
    expect(found('hf:a/b', ['questions.jsonl', 'dataset_infos.json'])).toEqual([
      'default/train',
      'questions.jsonl',
    ]);
    // "training" and "latest" hold no word of another split.
    expect(found('hf:a/b', ['latest.csv'])[0]).toBe('default/train');
  });

  it('takes a file by its path, and says where there are no rows', () => {
    expect(found('hf:a/b/raw/x.txt', ['raw/x.txt'])).toEqual(['/', 'raw/x.txt']);
    expect(() => found('hf:a/b', ['data.zip'])).toThrow(/no Parquet.*\n.*hf:a\/b@refs\/convert\/parquet/);
  });

  it('refuses a part of a split in the cache', () => {
    const name = parseHubName('hf:a/b/train', 'dataset');
    const partial = listing(['data/train-00000-of-00002.parquet'], true);
    expect(() => splitFiles(name, partial, null)).toThrow(/1 of its 2 files are in the cache/);
  });
});
