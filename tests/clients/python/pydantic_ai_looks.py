"""What Pydantic AI makes of a server with a model of random weights, as JSON: for each kind of output `ok`, or the error."""

import json
import os

from place import Place
from pydantic_ai import Agent, NativeOutput, ToolOutput
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider

provider = OpenAIProvider(base_url=f"{os.environ['BASE_URL']}/v1", api_key="none")
settings = {"max_tokens": 900, "seed": 3, "extra_body": {"thinking": {"type": "disabled"}}}

seen = {}
for name, output in {"native": NativeOutput(Place), "tool": ToolOutput(Place)}.items():
    try:
        agent = Agent(OpenAIChatModel("deepseek-reasoner", provider=provider), output_type=output, retries=0)
        assert isinstance(agent.run_sync("Which place?", model_settings=settings).output, Place)
        seen[name] = "ok"
    except Exception as error:  # whatever it is, the test shows it
        seen[name] = f"{type(error).__name__}: {error} {error.__cause__}"
print(json.dumps(seen))
