"""Luna as other people's programs meet her: the real binary on a folder of its own, and the outside services she calls."""

import json
import os
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

LUNA = os.environ["LUNA_BIN"]


@dataclass
class Standin:
    """A service of the outside world on this machine: what it was asked, and how it answers."""

    url: str = ""
    asked: list[dict] = field(default_factory=list)

    def serve(self, handler: type[BaseHTTPRequestHandler]) -> ThreadingHTTPServer:
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{server.server_address[1]}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return server


class Answers(BaseHTTPRequestHandler):
    """Reads bodies and writes JSON; says nothing on the terminal."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def json(self, value: object, status: int = 200) -> None:
        data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def events(self, values: list[object]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        for value in values:
            self.wfile.write(f"data: {value if isinstance(value, str) else json.dumps(value)}\n\n".encode())
            self.wfile.flush()
        self.close_connection = True


@pytest.fixture(scope="session")
def model() -> Iterator[Standin]:
    """A provider that speaks OpenAI's chat completions: it calls the first tool it is offered when the weather is asked,
    and else says what it heard."""
    standin = Standin()

    class Model(Answers):
        def do_GET(self) -> None:
            self.json({"object": "list", "data": [{"id": "stub-model", "object": "model", "created": 0, "owned_by": "test"}]})

        def do_POST(self) -> None:
            asked = json.loads(self.body())
            standin.asked.append(asked)
            base = {"id": "chatcmpl-1", "created": 0, "model": asked["model"]}
            heard = text_of(next(m for m in reversed(asked["messages"]) if m["role"] == "user"))
            usage = {"prompt_tokens": 9, "completion_tokens": 5, "total_tokens": 14}
            calls = "weather" in heard and asked.get("tools") and asked["messages"][-1]["role"] != "tool"
            if calls:
                name = asked["tools"][0]["function"]["name"]
                call = {"id": "call_1", "type": "function", "function": {"name": name, "arguments": '{"city": "Oslo"}'}}
                message, end = {"role": "assistant", "content": None, "tool_calls": [call]}, "tool_calls"
                pieces = [
                    {"tool_calls": [{"index": 0, "id": "call_1", "type": "function", "function": {"name": name, "arguments": ""}}]},
                    {"tool_calls": [{"index": 0, "function": {"arguments": '{"city": '}}]},
                    {"tool_calls": [{"index": 0, "function": {"arguments": '"Oslo"}'}}]},
                ]
            else:
                said = f"You said: {heard}"
                message, end = {"role": "assistant", "content": said}, "stop"
                pieces = [{"content": word + " "} for word in said.split(" ")]
            if not asked.get("stream"):
                choice = {"index": 0, "message": message, "finish_reason": end}
                return self.json({**base, "object": "chat.completion", "choices": [choice], "usage": usage})
            chunk = lambda delta, reason=None: {  # noqa: E731
                **base,
                "object": "chat.completion.chunk",
                "choices": [{"index": 0, "delta": delta, "finish_reason": reason}],
            }
            last = {**base, "object": "chat.completion.chunk", "choices": [], "usage": usage}
            self.events([chunk({"role": "assistant"}), *map(chunk, pieces), chunk({}, end), last, "[DONE]"])

    server = standin.serve(Model)
    yield standin
    server.shutdown()


def text_of(message: dict) -> str:
    content = message["content"]
    return content if isinstance(content, str) else " ".join(part.get("text", "") for part in content)


@pytest.fixture(scope="session")
def stripe_api() -> Iterator[Standin]:
    """Stripe's API as far as Luna calls it; form-encoded in, its objects out."""
    standin = Standin()

    class Stripe(Answers):
        def do_POST(self) -> None:
            body = self.body().decode()
            standin.asked.append({"path": self.path, "key": self.headers.get("Authorization"), "body": body})
            if self.path == "/v1/customers":
                self.json({"id": f"cus_{len(standin.asked)}", "object": "customer", "livemode": False})
            elif self.path == "/v1/checkout/sessions":
                page = "https://checkout.stripe.com/c/pay/cs_test_a1"
                self.json({"id": "cs_test_a1", "object": "checkout.session", "mode": "subscription", "status": "open", "url": page})
            else:
                message = f"Unrecognized request URL (POST: {self.path})"
                self.json({"error": {"type": "invalid_request_error", "message": message}}, 404)

    server = standin.serve(Stripe)
    yield standin
    server.shutdown()


@dataclass
class Luna:
    url: str
    http: httpx.Client
    log: str

    @property
    def websocket(self) -> str:
        return self.url.replace("http", "ws", 1)


@contextmanager
def awake(model: Standin, stripe_api: Standin, settings: dict[str, str] | None = None) -> Iterator[Luna]:
    with tempfile.TemporaryDirectory(prefix="luna-clients-") as folder, open(f"{folder}/log", "w+") as log:
        port = free_port()
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": folder,
            "LANG": "C.UTF-8",
            "PORT": str(port),
            "EXECUTOR_PORT": "0",
            "LUNA_DATA_DIR": f"{folder}/data",
            "LUNA_SECRET_STORE": "file",
            "LLM_PROVIDER": "openai-compatible",
            "OPENAI_BASE_URL": f"{model.url}/v1",
            "OPENAI_MODEL": "stub-model",
            "SPOTIFY_CLIENT_ID": "clients",
            "STRIPE_SECRET_KEY": "sk_test_clients",
            "STRIPE_WEBHOOK_SECRET": "whsec_clients",
            "STRIPE_PRICE_PRO": "price_pro",
            "STRIPE_PRICE_TEAM": "price_team",
            "STRIPE_API_BASE_URL": stripe_api.url,
            **(settings or {}),
        }
        program = subprocess.Popen([LUNA, "serve"], env=environment, stdout=log, stderr=log, cwd=folder)
        url = f"http://127.0.0.1:{port}"
        try:
            with httpx.Client(base_url=url, timeout=60) as http:
                answers(http, program, log.name)
                yield Luna(url, http, log.name)
        finally:
            program.send_signal(signal.SIGTERM)
            assert program.wait(20) == 0, open(log.name).read()


@pytest.fixture(scope="module")
def luna(model: Standin, stripe_api: Standin) -> Iterator[Luna]:
    """One Luna for the tests of a file."""
    with awake(model, stripe_api) as luna:
        yield luna


@pytest.fixture
def another_luna(model: Standin, stripe_api: Standin) -> Callable[..., AbstractContextManager[Luna]]:
    """A Luna that has lived through nothing yet, as often as one is wanted, with settings of her own."""
    return lambda settings=None: awake(model, stripe_api, settings)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(http: httpx.Client, program: subprocess.Popen, log: str) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        assert program.poll() is None, open(log).read()
        try:
            if http.get("/health").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError(f"Luna does not answer: {open(log).read()}")
