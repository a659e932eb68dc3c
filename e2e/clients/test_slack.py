"""Slack's own package beside Luna: it signs what she verifies, and both are the client of one stand-in for Slack."""

import json
import time
from collections.abc import Iterator
from queue import Queue
from threading import Thread

import httpx
import pytest
from conftest import Answers, Standin
from slack_sdk import WebClient
from slack_sdk.signature import Clock, SignatureVerifier
from slack_sdk.socket_mode import SocketModeClient
from slack_sdk.socket_mode.response import SocketModeResponse
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import Server, ServerConnection, serve

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
BOT, APP = "xoxb-clients", "xapp-1-clients"


class Slack(Standin):
    """Slack as far as Luna and its own package call it: the Web API, and the lines of Socket Mode."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: Queue[ServerConnection] = Queue()
        self.heard: Queue[dict] = Queue()
        self.socket: Server = serve(self.line, "127.0.0.1", 0)
        Thread(target=self.socket.serve_forever, daemon=True).start()

    def line(self, connection: ServerConnection) -> None:
        connection.send(json.dumps({"type": "hello", "num_connections": 1, "connection_info": {"app_id": "A1"}}))
        self.lines.put(connection)
        try:
            for message in connection:
                self.heard.put(json.loads(message))
        except ConnectionClosed:
            pass

    def opened(self) -> str:
        return f"ws://127.0.0.1:{self.socket.socket.getsockname()[1]}/link/?ticket=a-ticket&app_id=A1"

    def written(self) -> list[dict]:
        return [asked["body"] for asked in self.asked if asked["path"] == "/api/chat.postMessage"]


@pytest.fixture
def slack() -> Iterator[Slack]:
    standin = Slack()

    class Api(Answers):
        def do_POST(self) -> None:
            body = self.body().decode()
            told = json.loads(body) if body.startswith("{") else {}
            standin.asked.append({"path": self.path, "key": self.headers.get("Authorization"), "body": told})
            wanted = {"/api/apps.connections.open": APP, "/api/chat.postMessage": BOT}.get(self.path)
            if wanted is None or self.headers.get("Authorization") != f"Bearer {wanted}":
                return self.json({"ok": False, "error": "invalid_auth"})
            if wanted == APP:
                return self.json({"ok": True, "url": standin.opened()})
            self.json({"ok": True, "channel": told["channel"], "ts": f"{time.time():.6f}", "message": {"text": told["text"]}})

    server = standin.serve(Api)
    yield standin
    standin.socket.shutdown()
    server.shutdown()


def event(user: str, text: str, number: int) -> dict:
    return {
        "type": "event_callback",
        "team_id": "T1",
        "api_app_id": "A1",
        "event_id": f"Ev{number}",
        "event_time": int(time.time()),
        "event": {"type": "message", "channel_type": "im", "channel": "D1", "user": user, "text": text, "ts": f"1700000000.{number:06}"},
    }


def envelope(number: int, payload: dict) -> str:
    return json.dumps({"envelope_id": f"envelope-{number}", "type": "events_api", "accepts_response_payload": False, "payload": payload})


def until(holds, what: str) -> None:
    end = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < end, what
        time.sleep(0.05)


class At(Clock):
    def __init__(self, at: float) -> None:
        self.at = at

    def now(self) -> float:
        return self.at


def test_luna_and_slacks_package_agree_on_what_slack_signed(another_luna, slack) -> None:
    settings = {"SLACK_BOT_TOKEN": BOT, "SLACK_SIGNING_SECRET": SECRET, "SLACK_API_BASE_URL": f"{slack.url}/api"}
    now = int(time.time())
    body = json.dumps(event("U1", "hello", 1))
    right = lambda at, text=body, secret=SECRET: {  # noqa: E731
        "X-Slack-Request-Timestamp": str(at),
        "X-Slack-Signature": SignatureVerifier(secret).generate_signature(timestamp=str(at), body=text),
    }
    cases = [
        ("right", body, right(now)),
        ("four minutes old", body, right(now - 240)),
        ("six minutes old", body, right(now - 360)),
        ("six minutes early", body, right(now + 360)),
        ("under another secret", body, right(now, secret="another")),
        ("of another body", body, right(now, text=body + " ")),
        ("of another time", body, {**right(now), "X-Slack-Request-Timestamp": str(now - 1)}),
        ("without a signature", body, {"X-Slack-Request-Timestamp": str(now)}),
    ]
    with another_luna(settings) as luna:
        for what, text, headers in cases:
            theirs = SignatureVerifier(SECRET, At(time.time())).is_valid_request(text, headers)
            answer = luna.http.post("/api/channels/slack", content=text, headers=headers)
            assert answer.status_code == (200 if theirs else 401), (what, answer.text)
        challenge = json.dumps({"type": "url_verification", "token": "t", "challenge": "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"})
        answer = luna.http.post("/api/channels/slack", content=challenge, headers=right(now, text=challenge))
        assert answer.json()["challenge"] in challenge
        # What came twice (four minutes old, and now) is answered once.
        until(slack.written, "nothing was written")
        assert [told["channel"] for told in slack.written()] == ["D1"]


def test_the_stand_in_is_one_that_slacks_package_takes_for_slack(slack) -> None:
    web = WebClient(token=BOT, base_url=f"{slack.url}/api/")
    assert web.chat_postMessage(channel="C1", text="hello")["message"]["text"] == "hello"
    heard: Queue[dict] = Queue()
    client = SocketModeClient(app_token=APP, web_client=web)

    def answer(client: SocketModeClient, request) -> None:
        client.send_socket_mode_response(SocketModeResponse(envelope_id=request.envelope_id))
        heard.put(request.payload)

    client.socket_mode_request_listeners.append(answer)
    client.connect()
    try:
        line = slack.lines.get(timeout=30)
        line.send(envelope(1, event("U1", "hello", 1)))
        assert heard.get(timeout=30)["event"]["text"] == "hello"
        assert slack.heard.get(timeout=30) == {"envelope_id": "envelope-1"}
    finally:
        client.close()


def test_luna_calls_slack_where_slack_cannot_reach_her(another_luna, slack) -> None:
    settings = {"SLACK_BOT_TOKEN": BOT, "SLACK_APP_TOKEN": APP, "SLACK_API_BASE_URL": f"{slack.url}/api"}
    with another_luna(settings) as luna:
        line = slack.lines.get(timeout=30)
        until(lambda: "connected;" in standing(luna.http), "she does not say that she is connected")
        line.send(envelope(1, event("U1", "hello", 1)))
        assert slack.heard.get(timeout=30) == {"envelope_id": "envelope-1"}, "as Slack's package says it"
        until(slack.written, "nothing was written")
        assert "I do not know you yet" in slack.written()[0]["text"]
        # The line changes; what Slack sends again is known, and what is new is answered.
        line.send(json.dumps({"type": "disconnect", "reason": "refresh_requested", "debug_info": {"host": "applink-1"}}))
        line = slack.lines.get(timeout=30)
        line.send(envelope(2, event("U1", "hello", 1)))
        line.send(envelope(3, event("U2", "good morning", 2)))
        assert [slack.heard.get(timeout=30)["envelope_id"] for _ in range(2)] == ["envelope-2", "envelope-3"]
        until(lambda: len(slack.written()) == 2, "who is new is not answered")
        with open(luna.log) as log:
            written = log.read()
        assert written and not any(secret in written for secret in (BOT, APP, "a-ticket")), written


def standing(http: httpx.Client) -> str:
    states = http.post("/rpc/channels.list", json={}).json()
    return next(state["hint"] for state in states if state["channel"] == "slack")
