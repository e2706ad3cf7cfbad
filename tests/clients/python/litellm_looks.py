"""What LiteLLM and OpenAI's Python client (which it brings) make of a server, as JSON: one key for each thing looked at."""

import json
import os

import litellm
import openai

BASE_URL = os.environ["BASE_URL"]
KEY = os.environ["KEY"]


def complete(content="2 + 2?", **more):
    return litellm.completion(
        model="openai/r1-tiny",
        api_base=f"{BASE_URL}/v1",
        api_key=KEY,
        num_retries=0,
        messages=[{"role": "user", "content": content}],
        **more,
    )


def streamed():
    reasoning, answer = "", ""
    for chunk in complete(stream=True):
        delta = chunk.choices[0].delta
        reasoning += getattr(delta, "reasoning_content", None) or ""
        answer += delta.content or ""
    return [reasoning, answer]


def too_long(**more):
    try:
        complete("long", **more)
    except litellm.ContextWindowExceededError as error:
        return type(error).__name__


def too_long_message():
    try:
        litellm.completion(
            model="anthropic/r1-tiny",
            api_base=BASE_URL,
            api_key=KEY,
            num_retries=0,
            max_tokens=10,
            messages=[{"role": "user", "content": "long"}],
        )
    except litellm.ContextWindowExceededError as error:
        return type(error).__name__


def message():
    reply = litellm.completion(
        model="anthropic/r1-tiny",
        api_base=BASE_URL,
        api_key=KEY,
        max_tokens=2000,
        messages=[{"role": "user", "content": "2 + 2?"}],
    )
    return [reply.choices[0].message.reasoning_content, reply.choices[0].message.content]


def response():
    client = openai.OpenAI(base_url=f"{BASE_URL}/v1", api_key=KEY)
    whole = client.responses.create(model="r1-tiny", input="2 + 2?")
    with client.responses.stream(model="r1-tiny", input="2 + 2?") as stream:
        kinds = [event.type for event in stream]
        final = stream.get_final_response()
    return {
        "answer": whole.output_text,
        "reasoning": whole.output[0].summary[0].text,
        "tokens": whole.usage.output_tokens_details.reasoning_tokens,
        "streamed": final.output_text,
        "last": kinds[-1],
    }


print(
    json.dumps(
        {
            "streamed": streamed(),
            "too_long": too_long(),
            "too_long_stream": too_long(stream=True),
            "too_long_message": too_long_message(),
            "message": message(),
            "response": response(),
        }
    )
)
