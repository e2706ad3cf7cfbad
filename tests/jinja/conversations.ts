/** @file Conversations that chat templates are compared on. */
import conversations from './conversations.json' with { type: 'json' };

/** Stand-ins of conversations.json for tools and calls. */
const PARTS: { readonly [name: string]: unknown } = {
  weather: {
    type: 'function',
    function: {
      name: 'weather',
      description: 'The weather of a "city" <now> & here',
      parameters: {
        type: 'object',
        properties: {
          city: { type: 'string', description: "The city's name" },
          unit: { type: 'string', enum: ['celsius', 'fahrenheit'], default: 'celsius' },
          days: { type: 'integer', minimum: 1, maximum: 7 },
        },
        required: ['city'],
      },
    },
  },
  add: {
    type: 'function',
    function: {
      name: 'add',
      description: 'Adds numbers',
      parameters: {
        type: 'object',
        properties: {
          values: { type: 'array', items: { type: 'number' } },
          exact: { type: 'boolean', default: false },
        },
        required: ['values'],
      },
    },
  },
  call: {
    id: 'call00001',
    type: 'function',
    function: { name: 'weather', arguments: { city: 'Zürich', days: 2, exact: true, unit: null } },
  },
  'text call': {
    id: 'call00001',
    type: 'function',
    function: { name: 'weather', arguments: '{"city": "Zürich"}' },
  },
};

function filled(value: unknown, inParts: boolean): unknown {
  if (Array.isArray(value)) return value.map((one) => filled(one, inParts));
  if (typeof value === 'string' && inParts) return PARTS[value];
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [
      name,
      filled(one, name === 'tools' || name === 'tool_calls'),
    ]),
  );
}

/** The variables of a template by the name of the conversation, as transformers passes them. */
export const CONVERSATIONS: readonly (readonly [
  name: string,
  variables: { readonly [name: string]: unknown },
])[] = Object.entries(conversations).map(([name, conversation]) => [
  name,
  {
    tools: null,
    documents: null,
    add_generation_prompt: true,
    bos_token: '<s>',
    eos_token: '</s>',
    ...(filled(conversation, false) as object),
  },
]);
