import { describe, expect, it } from 'vitest';
import { UserError } from '../errors.ts';
import { ChatTemplate, renderChat } from './chat-template.ts';

const hello = [{ role: 'user', content: 'hello' }];

function refusal(source: string, timeLimit = 5_000): string {
  try {
    new ChatTemplate(source, 'model/chat_template.jinja').render(hello, { timeLimit });
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
  throw new Error('rendered');
}

describe('ChatTemplate', () => {
  it('renders messages, the generation prompt and special tokens', () => {
    const source =
      '{{ bos_token }}{% for m in messages %}[{{ m.role }}]{{ m.content | trim }}{{ eos_token }}\n{% endfor %}' +
      '{% if add_generation_prompt %}[assistant]{% endif %}';
    const options = { bosToken: '<s>', eosToken: '</s>' };
    expect(renderChat(source, hello, options)).toBe('<s>[user]hello</s>\n[assistant]');
    expect(renderChat(source, hello, { ...options, addGenerationPrompt: false })).toBe(
      '<s>[user]hello</s>\n',
    );
  });

  it('passes tools, variables and the fields of messages on', () => {
    const source = '{{ tools[0].name }} {{ enable_thinking }} {{ messages[0].name }} {{ tools is defined }}';
    const messages = [{ role: 'user', content: 'x', name: 'Ada' }];
    expect(
      renderChat(source, messages, { tools: [{ name: 'f' }], variables: { enable_thinking: false } }),
    ).toBe('f False Ada True');
    expect(renderChat('{{ tools is defined }}{{ tools }}{{ documents }}', messages)).toBe('TrueNoneNone');
  });

  it('does what real templates ask of Jinja', () => {
    expect(
      renderChat('{% for i in range(3) %}{{ i }}{% endfor %}{{ range(5, 1, -2) | length }}', hello),
    ).toBe('0122');
    expect(
      renderChat('{% set ns = namespace(n=0) %}{% set ns.n = 2 %}{{ ns.n }}{{ none is none }}', hello),
    ).toBe('2True');
    expect(renderChat('{% generation %}a{% endgeneration %}', hello)).toBe('a');
    const now = new Date(2025, 0, 20, 9, 5);
    expect(renderChat('{{ strftime_now("%d %b %Y %H:%M %A %%") }}', hello, { now })).toBe(
      '20 Jan 2025 09:05 Monday %',
    );
  });

  it('reads any kind of line end', () => {
    expect(renderChat('{% if true %}\r\na\r\nb{% endif %}\r\n', hello)).toBe('a\nb');
  });

  it('names the line and the construct that it cannot render', () => {
    expect(refusal('a\n{{ messages.x.y }}')).toMatch(
      /, line 2 of the template: 'list object' has no attribute 'x'/,
    );
    expect(refusal("\n\n{% include 'a' %}")).toMatch(
      /, line 3 of the template: \{% include %\} is not supported/,
    );
    expect(refusal('{{ messages|pprint }}')).toMatch(/the filter pprint is not supported/);
    expect(refusal("{{ 'a'.encode('utf-8') }}")).toMatch(/the method encode of a text is not supported/);
    expect(refusal('{{ messages|map("upper") }}')).toMatch(/a value of type generator cannot be printed/);
    expect(refusal('{{ (-8) ** 0.5 }}')).toMatch(/complex number is not supported/);
  });

  it("passes the template's own refusal on", () => {
    const message = refusal("{{ raise_exception('roles must alternate') }}");
    expect(message).toMatch(/^model\/chat_template\.jinja: roles must alternate\n/);
  });

  it.each([
    ['a\nb\n{{ "x }}\nc\n', 3],
    ['a\n{% if messages %}\nb\n{% else %}\nc', 2],
    ['{% if true %}a{% endif %}\nb\n{% foo %}\nc', 3],
    ['{% if true %}\n{% for m in %}\n{% endfor %}\n{% endif %}', 2],
    ["{%- set x = [\n 'a',\n 'b' -%}\n{{ x }}\n{% endfor %}", 3],
  ])('names the line of a mistake: %j', (source, line) => {
    expect(refusal(source)).toMatch(
      new RegExp(`^model/chat_template\\.jinja, line ${line} of the template: `),
    );
  });

  it.each([
    ['{% for i in range(1000000000) %}x{% endfor %}', /range of 1000000000/],
    ['{% for a in range(90000) %}{% for b in range(90000) %}{% endfor %}{% endfor %}', /more than 200 ms/],
    [
      "{% set ns = namespace(s='x') %}{% for i in range(60) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}",
      /characters/,
    ],
    [
      '{% set ns = namespace(s=[1]) %}{% for i in range(60) %}{% set ns.s = ns.s + ns.s %}{% endfor %}',
      /items/,
    ],
    [`{{ ${'('.repeat(20_000)}1${')'.repeat(20_000)} }}`, /nested too deeply/],
    ['a'.repeat(100_001), /more than 100000/],
    ['{{ 10 ** (10 ** 10) }}', /whole number/],
    [
      '{% set ns = namespace(s=[1]) %}{% for i in range(60) %}{% set ns.s = [ns.s, ns.s] %}{% endfor %}{{ ns.s }}',
      /200 ms|characters/,
    ],
    ["{{ 'x'.center(10 ** 9) }}", /characters/],
    ["{{ ('1' * 1000000 ~ 'x')|float }}{{ 1/0 }}", /division/],
    ["{{ ('%(' * 1000000) % {} }}", /has no value|unsupported|not supported/],
    ['{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}', /nested too deeply/],
    ["{{ '%999999999d' % 1 }}", /characters/],
    ['{{ messages.constructor.constructor("return process")().exit(1) }}', /./],
  ])('bounds a hostile template: %.60j', (source, reason) => {
    expect(refusal(source, 200)).toMatch(reason);
  });

  it.each([' ', '\n', '{ ', '{# #}', '{{ 1 -}} '])('renders many of %j in time', (piece) => {
    const source = piece.repeat(90_000 / piece.length);
    expect(() => renderChat(source, hello, { timeLimit: 2_000 })).not.toThrow();
  });

  it('shows a template nothing of JavaScript', () => {
    const source = '{{ messages[0]["__proto__"] }}{{ messages[0].constructor }}{{ messages.length }}';
    expect(renderChat(source, hello)).toBe('');
  });
});
