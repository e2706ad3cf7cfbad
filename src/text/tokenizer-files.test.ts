import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { objectOf, readTokenizerFolder, textOf, writeTokenizerFiles } from './tokenizer-files.ts';

const folder = (): string => mkdtempSync(join(tmpdir(), 'aha-files-'));

describe('tokenizer files', () => {
  it('are read with named chat templates, and written over older ones without leaving drafts', () => {
    const source = folder();
    const bytes = Uint8Array.from([0xef, 0xbb, 0xbf, 0x7b, 0x7d, 0x0d, 0x0a, 0xff]);
    writeFileSync(join(source, 'tokenizer.json'), '{}');
    writeFileSync(join(source, 'tokenizer.model'), bytes);
    mkdirSync(join(source, 'additional_chat_templates'));
    writeFileSync(join(source, 'additional_chat_templates', 'tool_use.jinja'), 'tools');
    const files = readTokenizerFolder(source);
    const target = folder();
    writeFileSync(join(target, 'tokenizer.json'), 'older and longer than the new one');
    writeTokenizerFiles(files, target);
    expect(readdirSync(target).sort()).toEqual([
      'additional_chat_templates',
      'tokenizer.json',
      'tokenizer.model',
    ]);
    expect(readFileSync(join(target, 'tokenizer.json'), 'utf8')).toBe('{}');
    expect(Uint8Array.from(readFileSync(join(target, 'tokenizer.model')))).toEqual(bytes);
    expect(textOf(readTokenizerFolder(target), 'additional_chat_templates/tool_use.jinja')).toBe('tools');
  });

  it('say what is wrong with a path that is no folder, or a file that is one', () => {
    const source = folder();
    writeFileSync(join(source, 'model.gguf'), '');
    expect(() => readTokenizerFolder(join(source, 'model.gguf'))).toThrow(/tokenizer\.json: not found/);
    mkdirSync(join(source, 'tokenizer.json'));
    expect(() => readTokenizerFolder(source)).toThrow(/tokenizer\.json: cannot be read/);
  });

  it('are objects or refused', () => {
    const files = (text: string) => ({
      where: 'here',
      contents: new Map([['a.json', new TextEncoder().encode(text)]]),
    });
    expect(objectOf(files('{"a":1}'), 'a.json')).toEqual({ a: 1 });
    expect(objectOf(files('{}'), 'b.json')).toBeUndefined();
    expect(() => objectOf(files('null'), 'a.json')).toThrow(/^here\/a\.json: not a JSON object/);
    expect(() => objectOf(files('{"a"'), 'a.json')).toThrow(/^here\/a\.json: not valid JSON/);
  });
});
