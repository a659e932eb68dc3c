"""A client for Server-Sent Events and one for WebSockets, as programs use them."""

import json

import pytest
from httpx_sse import connect_sse
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect


def test_server_sent_events(luna) -> None:
    with connect_sse(luna.http, "GET", "/api/chat/stream", params={"message": "good morning"}) as source:
        assert source.response.headers["content-type"].startswith("text/event-stream")
        events = [(event.event, json.loads(event.data)) for event in source.iter_sse()]
    kinds = [kind for kind, _ in events]
    assert kinds[0] == "metadata" and kinds[-1] == "done" and kinds.count("token") > 1


def test_terminal(luna) -> None:
    with connect(f"{luna.websocket}/ws") as socket:
        socket.send(json.dumps({"type": "execute", "command": "echo one; echo two >&2; exit 3", "id": "a"}))
        seen = []
        while not seen or seen[-1]["type"] != "complete":
            seen.append(json.loads(socket.recv(timeout=30)))
    assert {message["id"] for message in seen} == {"a"}
    assert [message["type"] for message in seen[:2]] == ["ack", "start"]
    assert seen[-1]["result"]["exitCode"] == 3


def test_terminal_takes_input_and_cancels(luna) -> None:
    with connect(f"{luna.websocket}/ws") as socket:
        socket.send(json.dumps({"type": "execute", "command": "read line; echo got $line; sleep 600", "id": 1}))
        socket.send(json.dumps({"type": "stdin", "id": 1, "data": "honey\n"}))
        text = ""
        while "got honey" not in text:
            message = json.loads(socket.recv(timeout=30))
            text += message.get("data") or message.get("output") or ""
        socket.send(json.dumps({"type": "cancel", "id": 1}))
        while message["type"] != "complete":
            message = json.loads(socket.recv(timeout=30))
        assert message["result"]["exitCode"] != 0


def test_a_foreign_page_gets_no_socket(luna) -> None:
    for path in ("/ws", "/api/ws"):
        with pytest.raises(InvalidStatus) as refused:
            connect(f"{luna.websocket}{path}", origin="https://evil.example")
        assert refused.value.response.status_code == 403


def test_live_events(luna) -> None:
    with connect(f"{luna.websocket}/api/ws") as socket:
        made = luna.http.post("/api/conversations", json={"title": "Live"}).json()
        luna.http.post(f"/api/conversations/{made['id']}/messages", json={"content": "hello over there"}).raise_for_status()
        kinds = []
        while "message:sent" not in kinds:
            kinds.append(json.loads(socket.recv(timeout=30))["type"])
    assert "message:received" in kinds and "llm:stream" in kinds
