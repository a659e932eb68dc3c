"""One day, told through every face: whatever door a deed comes in by, it leaves the same in Luna's core."""

import json
from collections.abc import Callable

import pytest
from websockets.sync.client import connect

FACT = "the user's cat is called Mia"
COMMAND = "df -h"
PATTERN = "0 9 * * 1-5"


def rpc(luna, command: str, **asked) -> object:
    answer = luna.http.post(f"/rpc/{command}", json=asked)
    assert answer.status_code == 200, answer.text
    return answer.json() if answer.headers["content-type"].startswith("application/json") else answer.text


# Saying something: a conversation with both sides of it.


def say_by_luna(luna) -> None:
    luna.http.get("/api/chat/stream", params={"message": "good morning"}).raise_for_status()


def say_by_lumen(luna) -> None:
    luna.http.post("/api/chat", json={"message": "good morning", "sessionId": "story"}).raise_for_status()


def say_by_motoko(luna) -> None:
    made = luna.http.post("/api/conversations", json={"title": "Story"}).json()
    luna.http.post(f"/api/conversations/{made['id']}/messages", json={"content": "good morning"}).raise_for_status()


def say_by_window(luna) -> None:
    rpc(luna, "chat.send", message="good morning", images=[])


def said(luna) -> object:
    """The newest conversation's messages."""
    newest = rpc(luna, "chat.conversations")[0]
    messages = rpc(luna, "chat.messages", conversation=newest["id"])
    return [(m["role"], m["content"].strip(), m["state"], m["model"]) for m in messages]


# Remembering, and finding it again.


def remember_by_luna(luna) -> None:
    luna.http.post("/api/memory/facts", json={"content": FACT}).raise_for_status()


def remember_by_window(luna) -> None:
    rpc(luna, "memory.add", content=FACT)


def remembered(luna) -> object:
    found = luna.http.post("/api/memory/search", json={"query": "what is my cat called?", "limit": 1}).json()
    again = rpc(luna, "memory.search", query="what is my cat called?", limit=1)
    assert "Mia" in json.dumps(found) and "Mia" in json.dumps(again)
    return [(fact["content"], fact["source"]) for fact in rpc(luna, "memory.facts")]


# Running a command that the user approved.


def run_by_executor(luna) -> None:
    step = {"id": 1, "command": COMMAND, "description": "greet"}
    luna.http.post("/api/execute/run", json={"task_id": "story", "steps": [step]}).raise_for_status()


def run_by_lumen(luna) -> None:
    with connect(f"{luna.websocket}/ws") as socket:
        socket.send(json.dumps({"type": "execute", "command": COMMAND}))
        while json.loads(socket.recv(timeout=30))["type"] != "complete":
            pass


def run_by_window(luna) -> None:
    plan = rpc(luna, "runs.plan", words="show disk usage", context={"os": None, "current_dir": None, "project_type": None})
    steps = [{"id": step["id"], "command": step["command"], "description": step["description"]} for step in plan["steps"]]
    assert [step["command"] for step in steps] == [COMMAND]
    rpc(luna, "runs.start", plan=plan["id"], steps=steps)


def ran(luna) -> object:
    """What the audit log says of the newest command."""
    records = [record for record in rpc(luna, "audit.list", limit=50) if record["tool"] == "run_command"]
    done = next(record for record in records if record["phase"] != "begun")
    return (done["tool"], done["input"]["command"], done["result"])


# Doing something at times.


def schedule_by_motoko(luna) -> None:
    task = {"name": "stretch", "cron": PATTERN, "handler": "reminder", "payload": {"text": "Stand up"}, "maxRetries": 0}
    luna.http.post("/api/scheduler/tasks", json=task).raise_for_status()


def schedule_by_window(luna) -> None:
    times = rpc(luna, "schedule.understand", words=PATTERN)["times"]
    rpc(luna, "schedule.add", job={"name": "stretch", "handler": "reminder", "payload": {"text": "Stand up"}, "times": times})


def scheduled(luna) -> object:
    jobs = [view.get("job", view) for view in rpc(luna, "schedule.jobs")]
    job = next(job for job in jobs if job["name"] == "stretch")
    return {key: value for key, value in job.items() if key not in ("id", "created_at")}


# An agent's work.


def agent_by_lunaos(luna) -> None:
    account = {"email": "story@example.com", "password": "correct horse battery", "name": "Ada"}
    token = luna.http.post("/auth/signup", json=account).json()["token"]
    asked = {"agent": "code-review", "context": "fn main() {}"}
    answer = luna.http.post("/agents/execute", json=asked, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200 and '"done"' in answer.text, answer.text


def agent_by_window(luna) -> None:
    rpc(luna, "work.run", steps=[{"agent": "code-review", "asks": None}], context="fn main() {}")


def worked(luna) -> object:
    """What it cost, which is written down with every answer of a model."""
    costs = rpc(luna, "costs.read", days=1)
    assert any(model["tokens"] for model in costs["models"]), costs
    return costs


DEEDS = {
    "say": ([say_by_luna, say_by_lumen, say_by_motoko, say_by_window], said),
    "remember": ([remember_by_luna, remember_by_window], remembered),
    "run": ([run_by_executor, run_by_lumen, run_by_window], ran),
    "schedule": ([schedule_by_motoko, schedule_by_window], scheduled),
    "agent": ([agent_by_lunaos, agent_by_window], worked),
}


@pytest.mark.parametrize("deed", DEEDS)
def test_every_door_leads_to_the_same(deed: str, another_luna: Callable) -> None:
    doors, state = DEEDS[deed]
    seen = {}
    for door in doors:
        with another_luna() as luna:
            door(luna)
            seen[door.__name__] = state(luna)
    first = next(iter(seen.values()))
    assert first and all(other == first for other in seen.values()), seen
