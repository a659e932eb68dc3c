"""A channel made of a folder: text files in inbox/ become messages, answers appear in outbox/.

Speaks the channel protocol on standard input and output: one JSON object a line, nothing else. What is for people goes to
standard error. The folders are made in the data folder that the first line names; nothing outside it is touched.
"""

import json
import os
import queue
import sys
import threading
import time
from pathlib import Path

MOST_BYTES = 64 * 1024


def say(kind, **fields):
    """One line to Luna."""
    print(json.dumps({"type": kind, **fields}, ensure_ascii=False), flush=True)


def lines(into):
    """Puts what Luna says into the queue; None when she has hung up."""
    for line in sys.stdin:
        try:
            message = json.loads(line)
        except json.JSONDecodeError:
            say("error", message="a line was not JSON")
            continue
        if isinstance(message, dict):
            into.put(message)
    into.put(None)


class Drop:
    def __init__(self, folder, sender):
        self.inbox, self.outbox, self.done = (folder / name for name in ("inbox", "outbox", "done"))
        for each in (self.inbox, self.outbox, self.done):
            each.mkdir(parents=True, exist_ok=True)
        self.sender = sender

    def look(self):
        """Sends every whole text file of the inbox, the oldest first, and moves it away, so that none is sent twice."""
        for file in self.waiting():
            kept = self.free(self.done, file.name)
            try:
                if file.stat().st_size > MOST_BYTES:
                    raise ValueError(f"it is longer than {MOST_BYTES} bytes")
                text = file.read_text(encoding="utf-8").strip()
                os.replace(file, kept)
            except FileNotFoundError:
                continue  # somebody took it back
            except (OSError, ValueError) as error:
                os.replace(file, kept.with_suffix(".refused"))
                self.answer(file.name, f"This file was not read: {error}")
                continue
            conversation, text = self.conversation_of(text)
            if text:
                say("message", id=kept.name, conversation=conversation, sender=self.sender, text=text)

    def waiting(self):
        found = []
        for file in self.inbox.glob("*.txt"):
            try:
                if file.is_file() and not file.is_symlink():
                    found.append((file.stat().st_mtime_ns, file))
            except FileNotFoundError:
                continue
        return [file for _, file in sorted(found)]

    @staticmethod
    def conversation_of(text):
        first, _, rest = text.partition("\n")
        name, colon, value = first.partition(":")
        if colon and name.strip().lower() == "conversation" and value.strip():
            return value.strip()[:64], rest.strip()
        return "file drop", text

    def answer(self, name, text):
        """Writes an answer; it appears whole or not at all."""
        target = self.free(self.outbox, Path(name).name)
        part = target.with_suffix(".part")
        part.write_text(text.rstrip() + "\n", encoding="utf-8")
        os.replace(part, target)
        return target.name

    @staticmethod
    def free(folder, name):
        """The path of this name, numbered when it is taken."""
        stem, suffix = Path(name).stem or "message", ".txt"
        path, number = folder / (stem + suffix), 2
        while path.exists():
            path, number = folder / f"{stem}-{number}{suffix}", number + 1
        return path


def main():
    heard = queue.Queue(maxsize=256)
    threading.Thread(target=lines, args=(heard,), daemon=True).start()
    first = heard.get()
    if first is None or first.get("type") != "init":
        say("error", message="the first line must be init")
        return 1
    config = first.get("config") or {}
    drop = Drop(Path(first["dataDir"]), config.get("sender", "file drop"))
    say("ready", protocol=1)
    every = config.get("every_seconds", 1)
    due = time.monotonic()
    while True:
        if time.monotonic() >= due:
            drop.look()
            due = time.monotonic() + every
        try:
            message = heard.get(timeout=max(0.0, due - time.monotonic()))
        except queue.Empty:
            continue
        if message is None or message.get("type") == "shutdown":
            return 0
        if message.get("type") == "send":
            try:
                written = drop.answer(message.get("replyTo") or message["conversation"], message["text"])
                say("sent", id=message["id"], place=written)
            except (OSError, KeyError) as error:
                say("error", id=message.get("id"), message=f"not written: {error}")


if __name__ == "__main__":
    sys.exit(main())
