"""What Instructor makes of a server with a model of random weights, as JSON: for each mode `ok`, or the error."""

import json
import os

import instructor
from openai import OpenAI
from place import Place

client = OpenAI(api_key="none", base_url=f"{os.environ['BASE_URL']}/v1")


def look(mode):
    asked = instructor.from_openai(client, mode=mode)
    reply = asked.chat.completions.create(
        model="deepseek-reasoner",
        response_model=Place,
        messages=[{"role": "user", "content": "Which place?"}],
        max_retries=0,
        max_tokens=900,
        seed=3,
        extra_body={"thinking": {"type": "disabled"}},
    )
    assert isinstance(reply, Place)


seen = {}
for mode in (instructor.Mode.JSON_SCHEMA, instructor.Mode.TOOLS):
    try:
        look(mode)
        seen[mode.value] = "ok"
    except Exception as error:  # whatever it is, the test shows it
        seen[mode.value] = f"{type(error).__name__}: {error}"
print(json.dumps(seen))
