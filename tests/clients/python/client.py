"""What OpenAI's Python client makes of a server, as JSON: one key for each thing looked at."""

import json
import os
import time

import openai
from openai import OpenAI

BASE_URL = os.environ["BASE_URL"]
QUESTION = {"model": "r1-tiny", "messages": [{"role": "user", "content": "2 + 2?"}]}


def client(**more):
    return OpenAI(**{"api_key": os.environ["KEY"], "base_url": BASE_URL, "max_retries": 0, **more})


def plain():
    reply = client().chat.completions.create(**QUESTION)
    message = reply.choices[0].message
    return {
        "answer": message.content,
        "reasoning": message.reasoning_content,
        "finish": reply.choices[0].finish_reason,
        "usage": [reply.usage.prompt_tokens, reply.usage.completion_tokens, reply.usage.total_tokens],
        "cached": reply.usage.prompt_tokens_details.cached_tokens,
        "reasoning_tokens": reply.usage.completion_tokens_details.reasoning_tokens,
    }


def streamed(**more):
    reasoning, answer, usage, choices = "", "", None, None
    for chunk in client().chat.completions.create(**QUESTION, stream=True, **more):
        for choice in chunk.choices:
            reasoning += getattr(choice.delta, "reasoning_content", None) or ""
            answer += choice.delta.content or ""
        if chunk.usage is not None:
            usage, choices = chunk.usage.total_tokens, len(chunk.choices)
    return {"reasoning": reasoning, "answer": answer, "usage": usage, "choices": choices}


def helper():
    with client().chat.completions.stream(**QUESTION) as stream:
        kinds = []
        for event in stream:
            if event.type not in kinds:
                kinds.append(event.type)
        message = stream.get_final_completion().choices[0].message
    return {"answer": message.content, "reasoning": message.reasoning_content, "kinds": kinds}


def refusals():
    seen = []
    for key, model, content in json.loads(os.environ["REFUSALS"]):
        for stream in (False, True):
            try:
                client(api_key=key).chat.completions.create(
                    model=model, messages=[{"role": "user", "content": content}], stream=stream
                )
            except openai.APIStatusError as error:
                seen.append(
                    {
                        "class": type(error).__name__,
                        "status": error.status_code,
                        "message": error.body["message"],
                        "code": error.code,
                        "retry_after": error.response.headers.get("retry-after"),
                    }
                )
    return seen


def broken():
    request = {"model": "r1-tiny", "messages": [{"role": "user", "content": "broken"}]}
    try:
        for _ in client().chat.completions.create(**request, stream=True):
            pass
    except openai.APIError as error:
        return {"class": type(error).__name__, "message": error.message}


def aborted_stream():
    request = {"model": "r1-tiny", "messages": [{"role": "user", "content": "endless"}]}
    stream = client().chat.completions.create(**request, stream=True)
    words = 0
    for chunk in stream:
        words += 1 if chunk.choices[0].delta.content else 0
        if words == 3:
            break
    stream.close()
    return words


def aborted_plain():
    request = {"model": "r1-tiny", "messages": [{"role": "user", "content": "endless"}]}
    try:
        client(timeout=0.3).chat.completions.create(**request)
    except openai.APITimeoutError as error:
        return type(error).__name__


def json_output():
    reply = client().chat.completions.create(**QUESTION, response_format={"type": "json_object"})
    return json.loads(reply.choices[0].message.content)


def tools():
    function = json.loads(os.environ["WEATHER"])
    messages = [{"role": "user", "content": "How warm is it in Ghent?"}]
    request = {"model": "r1-tiny", "tools": [{"type": "function", "function": function}]}
    message = client().chat.completions.create(**request, messages=messages).choices[0].message
    call = message.tool_calls[0]
    messages.append(message)
    messages.append({"role": "tool", "tool_call_id": call.id, "content": os.environ["WEATHER_RESULT"]})
    last = client().chat.completions.create(**request, messages=messages).choices[0].message
    return {
        "id": call.id,
        "arguments": json.loads(call.function.arguments),
        "answer": last.content,
        "reasoning": last.reasoning_content,
    }


def retried():
    begun = time.monotonic()
    reply = client(max_retries=2).chat.completions.create(**QUESTION)
    return {"answer": reply.choices[0].message.content, "seconds": time.monotonic() - begun}


def settings():
    client().chat.completions.create(
        **QUESTION,
        n=1,
        stop=["END"],
        seed=7,
        max_tokens=50,
        extra_body={"max_thinking_tokens": 20, "thinking": {"type": "enabled"}},
    )


def reasoning_sent_back():
    messages = [
        {"role": "user", "content": "2 + 2?"},
        {"role": "assistant", "content": "4", "reasoning_content": "2 + 2 = 4"},
        {"role": "user", "content": "And 3 + 3?"},
    ]
    try:
        client().chat.completions.create(model="deepseek-reasoner", messages=messages)
    except openai.BadRequestError as error:
        return {"status": error.status_code, "message": error.body["message"]}


LOOKS = {
    "plain": plain,
    "streamed": streamed,
    "include_usage": lambda: streamed(stream_options={"include_usage": True}),
    "helper": helper,
    "refusals": refusals,
    "broken": broken,
    "aborted_stream": aborted_stream,
    "aborted_plain": aborted_plain,
    "json": json_output,
    "tools": tools,
    "retried": retried,
    "settings": settings,
    "reasoning_sent_back": reasoning_sent_back,
    "models": lambda: [model.id for model in client().models.list()],
}

print(json.dumps({name: LOOKS[name]() for name in os.environ["LOOKS"].split()}))
