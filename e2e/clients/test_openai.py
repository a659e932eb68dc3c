"""The openai package against /v1: any program for OpenAI's API can use Luna, with what she remembers."""

import json

import openai
import pytest

TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "get_weather",
            "description": "The weather in a city",
            "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
        },
    }
]


@pytest.fixture
def client(luna) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{luna.url}/v1", api_key="unused", max_retries=0)


def test_lists_models(client) -> None:
    assert "luna" in {model.id for model in client.models.list()}


def test_answers_with_what_she_remembers(client, luna, model) -> None:
    luna.http.post("/api/memory/facts", json={"content": "the user's tortoise is called Methuselah"}).raise_for_status()
    answer = client.chat.completions.create(model="luna", messages=[{"role": "user", "content": "what is my tortoise called?"}])
    assert answer.choices[0].message.content.strip() == "You said: what is my tortoise called?"
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage.prompt_tokens == 9 and answer.usage.completion_tokens == 5
    assert "Methuselah" in json.dumps(model.asked[-1]["messages"])


def test_streams(client) -> None:
    stream = client.chat.completions.create(
        model="luna",
        messages=[{"role": "user", "content": "one two three"}],
        stream=True,
        stream_options={"include_usage": True},
    )
    chunks = list(stream)
    pieces = [c.choices[0].delta.content for c in chunks if c.choices and c.choices[0].delta.content]
    assert len(pieces) > 2 and "".join(pieces).strip() == "You said: one two three"
    assert [c.choices[0].finish_reason for c in chunks if c.choices][-1] == "stop"
    assert chunks[-1].usage.total_tokens == 14


def test_hands_tools_through_and_takes_their_results(client, model) -> None:
    messages = [{"role": "user", "content": "what is the weather in Oslo?"}]
    answer = client.chat.completions.create(model="luna", messages=messages, tools=TOOLS).choices[0]
    assert answer.finish_reason == "tool_calls"
    call = answer.message.tool_calls[0]
    assert (call.function.name, json.loads(call.function.arguments)) == ("get_weather", {"city": "Oslo"})
    offered = [tool["function"]["name"] for tool in model.asked[-1]["tools"]]
    assert offered == ["get_weather"], "the tools are the caller's alone"
    messages += [answer.message.model_dump(exclude_none=True), {"role": "tool", "tool_call_id": call.id, "content": "8 degrees"}]
    after = client.chat.completions.create(model="luna", messages=messages, tools=TOOLS).choices[0]
    assert after.finish_reason == "stop"
    told = model.asked[-1]["messages"][-1]
    assert told["role"] == "tool" and told["tool_call_id"] == "call_1" and "8 degrees" in told["content"]


def test_streams_tool_calls(client) -> None:
    messages = [{"role": "user", "content": "what is the weather in Oslo?"}]
    with client.chat.completions.stream(model="luna", messages=messages, tools=TOOLS) as stream:
        for _ in stream:
            pass
        call = stream.get_final_completion().choices[0].message.tool_calls[0]
    assert json.loads(call.function.arguments) == {"city": "Oslo"}


def test_says_what_is_wrong_in_openais_words(client) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        client.chat.completions.create(model="luna", messages=[])
    assert refused.value.body["type"] == "invalid_request_error" and refused.value.body["message"]
