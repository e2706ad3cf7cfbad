/** Templates rendered as Jinja2 rendered them with the settings of transformers: outputs recorded once from Jinja2. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  parseTemplate,
  renderTemplate,
  TemplateError,
  TemplateSyntaxError,
  toValue,
} from '../../src/text/jinja/index.ts';
import { LONG } from '../support/long.ts';
import { requirement } from '../support/requirement.ts';
import { jinja2, NOW, renderWithJinja2 } from './jinja2.ts';

interface Recording {
  readonly versions: { readonly python: string; readonly jinja2: string };
  readonly variables: { readonly [name: string]: unknown };
  /** Template and output; null where Jinja2 raises an error. */
  readonly cases: readonly (readonly [source: string, output: string | null])[];
}

const file = path.resolve(import.meta.dirname, '../reference/jinja2.json');
const recording = JSON.parse(readFileSync(file, 'utf8')) as Recording;
const variables = new Map(Object.entries(recording.variables).map(([name, value]) => [name, toValue(value)]));

function render(source: string): string | null {
  try {
    return renderTemplate(parseTemplate(source), variables, { now: NOW, timeLimit: 5_000 }).text;
  } catch (error) {
    if (error instanceof TemplateError || error instanceof TemplateSyntaxError) return null;
    throw error;
  }
}

describe(`Jinja2 ${recording.versions.jinja2}, Python ${recording.versions.python}`, () => {
  it.each(recording.cases)('%j', (source, output) => {
    expect(render(source)).toBe(output);
  });
});

const found = requirement(
  LONG
    ? jinja2 === null
      ? 'python3 has no package jinja2 (pip install jinja2)'
      : null
    : 'npm run test:long only',
);

describe.skipIf(found.missing)(`Jinja2 of this machine${found.note}`, () => {
  it('renders what is recorded', () => {
    const cases = recording.cases.map(([source]) => ({ source, variables: recording.variables }));
    expect(renderWithJinja2(cases)).toEqual(recording.cases.map(([, output]) => output));
  });
});
