"""The example of DeepSeek's guide "Reasoning Model (deepseek-reasoner)" of January 2025, not streamed."""

import json
import os

from openai import OpenAI

client = OpenAI(api_key=os.environ["KEY"], base_url=os.environ["BASE_URL"])

# Round 1
messages = [{"role": "user", "content": "9.11 and 9.8, which is greater?"}]
response = client.chat.completions.create(
    model="deepseek-reasoner",
    messages=messages
)

reasoning_content = response.choices[0].message.reasoning_content
content = response.choices[0].message.content
first = [reasoning_content, content]

# Round 2
messages.append({'role': 'assistant', 'content': content})
messages.append({'role': 'user', 'content': "How many Rs are there in the word 'strawberry'?"})
response = client.chat.completions.create(
    model="deepseek-reasoner",
    messages=messages
)

# What the guide leaves to the reader.
message = response.choices[0].message
print(json.dumps([first, [message.reasoning_content, message.content]]))
