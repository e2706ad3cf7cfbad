/** What OpenAI's client makes of the same server: parsed answers and calls. Runs with openai 6 and with openai 7. */
import OpenAI from 'openai';
import { zodFunction, zodResponseFormat } from 'openai/helpers/zod';
import { z } from 'zod';

const PLACE = z.object({
  city: z.string().min(1).max(20),
  founded: z.iso.date(),
  size: z.number().min(0).max(10),
  tags: z.array(z.enum(['old', 'new'])).max(3),
  mayor: z.object({ email: z.email() }).nullable(),
});

/**
 * Each look with what came of it: `ok`, or the error.
 * @param {string} url
 */
export async function run(url) {
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none', maxRetries: 0 });
  const request = {
    model: 'deepseek-reasoner',
    messages: [{ role: /** @type {const} */ ('user'), content: 'Which city?' }],
    max_tokens: 200,
    seed: 5,
    thinking: { type: 'disabled' },
  };
  const looks = {
    parsed: async () => {
      const response_format = zodResponseFormat(PLACE, 'place');
      const { choices } = await client.chat.completions.parse({ ...request, response_format });
      PLACE.parse(choices[0]?.message.parsed);
    },
    streamed: async () => {
      const response_format = zodResponseFormat(PLACE, 'place');
      const reply = await client.chat.completions
        .stream({ ...request, response_format })
        .finalChatCompletion();
      PLACE.parse(reply.choices[0]?.message.parsed);
    },
    tool: async () => {
      const tools = [zodFunction({ name: 'visit', parameters: PLACE })];
      const forced = { ...request, tools, tool_choice: /** @type {const} */ ('required') };
      const { choices } = await client.chat.completions.parse(forced);
      PLACE.parse(choices[0]?.message.tool_calls?.[0]?.function.parsed_arguments);
    },
    refused: async () => {
      const schema = { type: 'object', properties: { a: { type: 'array', uniqueItems: true } } };
      const response_format = {
        type: /** @type {const} */ ('json_schema'),
        json_schema: { name: 'x', schema },
      };
      const error = await client.chat.completions.create({ ...request, response_format }).catch((e) => e);
      if (error.status !== 400 || !error.message.includes('schema.properties.a.uniqueItems')) throw error;
    },
  };
  /** @type {Record<string, string>} */
  const seen = {};
  for (const [name, look] of Object.entries(looks)) {
    seen[name] = await look().then(
      () => 'ok',
      (error) => `${error.name}: ${error.message}`,
    );
  }
  return seen;
}
