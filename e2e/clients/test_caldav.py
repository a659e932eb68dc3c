"""CalDAV between Luna, Radicale, and a client that somebody else wrote: what one writes, the other has."""

import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import caldav
import httpx
import icalendar
import pytest
from conftest import free_port

BERLIN = ZoneInfo("Europe/Berlin")
PASSWORD = "a-password-for-programs"


@pytest.fixture(scope="module")
def radicale(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A calendar server with one user."""
    folder = tmp_path_factory.mktemp("radicale")
    (folder / "users").write_text(f"ada:{PASSWORD}\n")
    port = free_port()
    config = folder / "config"
    config.write_text(
        f"[server]\nhosts = 127.0.0.1:{port}\n[auth]\ntype = htpasswd\nhtpasswd_filename = {folder}/users\n"
        f"htpasswd_encryption = plain\ndelay = 0\n[storage]\nfilesystem_folder = {folder}/collections\n"
    )
    with open(folder / "log", "w") as log:
        server = subprocess.Popen([sys.executable, "-m", "radicale", "--config", str(config)], stdout=log, stderr=log)
        url = f"http://127.0.0.1:{port}"
        try:
            end = time.monotonic() + 30
            while True:
                assert server.poll() is None and time.monotonic() < end, (folder / "log").read_text()
                try:
                    httpx.get(url)
                    break
                except httpx.TransportError:
                    time.sleep(0.1)
            yield url
        finally:
            server.terminate()
            server.wait(20)


@pytest.fixture(scope="module")
def phone(radicale: str) -> caldav.Calendar:
    """The other client, with a calendar that takes events and tasks."""
    client = caldav.DAVClient(url=radicale, username="ada", password=PASSWORD)
    return client.principal().make_calendar(name="Home", supported_calendar_component_set=["VEVENT", "VTODO"])


@dataclass
class Days:
    """Luna's calendar, as her own window reaches it."""

    luna: object
    account: str
    home: str

    def call(self, command: str, **input: object) -> object:
        return call(self.luna, command, **input)

    def sync(self) -> dict:
        state = self.call("calendar.sync", account=self.account)
        assert state["account"]["failure"] is None, state
        return state

    def events(self, words: str) -> list[dict]:
        return [e for e in self.call("calendar.search", words=words) if e["calendar"] == self.home]

    def event(self, words: str) -> dict:
        found = [e for e in self.events(words) if e["series"] is None]
        assert len(found) == 1, found
        return found[0]

    def held(self, start: str, end: str) -> list[tuple[str, str]]:
        found = self.call("calendar.occurrences", **{"from": start, "to": end})
        return [(o["event"]["times"].get("start"), o["event"]["title"]) for o in found if o["event"]["calendar"] == self.home]

    def add(self, title: str, start: str, end: str, **more: object) -> dict:
        times = {"kind": "timed", "start": start, "end": end, "zone": "Europe/Berlin"}
        return self.call("calendar.add_event", event={"title": title, "times": times, "calendar": self.home, **more})["event"]


def call(luna: object, command: str, **input: object) -> object:
    answer = luna.http.post(f"/rpc/{command}", json=input)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.fixture(scope="module")
def days(luna, radicale: str, phone: caldav.Calendar) -> Days:
    known = {"url": radicale, "user": "ada"}
    wrong = luna.http.post("/rpc/calendar.find", json={**known, "password": "wrong-password"})
    assert wrong.status_code == 401 and "wrong-password" not in wrong.text, wrong.text
    there = call(luna, "calendar.find", **known, password=PASSWORD)
    assert [(c["name"], c["writable"], c["events"], c["todos"]) for c in there] == [("Home", True, True, True)]
    state = call(luna, "calendar.add_account", **known, password=PASSWORD)
    days = Days(luna, state["account"]["id"], state["calendars"][0]["id"])
    days.sync()
    return days


def named(phone: caldav.Calendar, title: str) -> caldav.Event:
    found = [e for e in phone.events() if str(e.icalendar_instance.walk("VEVENT")[0].get("SUMMARY")) == title]
    assert len(found) == 1, [e.data for e in phone.events()]
    return found[0]


def test_what_luna_writes_the_other_client_has(days: Days, phone: caldav.Calendar) -> None:
    event = days.add("Lunch, with “Åsa”; maybe", "2026-03-05T11:00:00Z", "2026-03-05T12:00:00Z", notes="First\nSecond", location="Café", remind_before=[15])
    days.sync()
    there = named(phone, "Lunch, with “Åsa”; maybe")
    part = there.icalendar_component
    assert part["DTSTART"].dt == datetime(2026, 3, 5, 12, tzinfo=BERLIN)
    assert (str(part["DESCRIPTION"]), str(part["LOCATION"])) == ("First\nSecond", "Café")
    assert part.walk("VALARM")[0]["TRIGGER"].dt == timedelta(minutes=-15)
    days.call("calendar.update_event", event=event["id"], occurrence=None, reach="all", patch={"title": "Brunch"})
    days.sync()
    assert named(phone, "Brunch").icalendar_component["LOCATION"] == "Café"
    days.call("calendar.delete_event", event=event["id"], occurrence=None, reach="all")
    days.sync()
    assert phone.events() == []


def test_what_the_other_client_writes_luna_has_and_keeps_whole(days: Days, phone: caldav.Calendar) -> None:
    text = "\r\n".join(
        [
            "BEGIN:VCALENDAR",
            "VERSION:2.0",
            "PRODID:-//Phone//EN",
            "BEGIN:VEVENT",
            "UID:dentist@phone",
            "DTSTAMP:20260101T000000Z",
            "SUMMARY:Dentist",
            "DTSTART;VALUE=DATE:20260306",
            "DTEND;VALUE=DATE:20260307",
            "ATTENDEE;CN=Ada;PARTSTAT=ACCEPTED:mailto:ada@example.com",
            "CATEGORIES:Health,Teeth",
            "X-PHONE-MOOD;X-WHY=pain:brave",
            "END:VEVENT",
            "END:VCALENDAR",
            "",
        ]
    )
    phone.save_event(text)
    days.sync()
    event = days.event("Dentist")
    assert event["times"] == {"kind": "days", "first": "2026-03-06", "until": "2026-03-07"}
    days.call("calendar.update_event", event=event["id"], occurrence=None, reach="all", patch={"location": "Main Street 1"})
    days.sync()
    part = named(phone, "Dentist").icalendar_component
    assert part["LOCATION"] == "Main Street 1" and part["DTSTART"].dt == date(2026, 3, 6)
    assert part["ATTENDEE"].params["CN"] == "Ada" and str(part["X-PHONE-MOOD"]) == "brave"
    assert part["X-PHONE-MOOD"].params["X-WHY"] == "pain"
    assert [str(c) for c in part["CATEGORIES"].cats] == ["Health", "Teeth"]
    there = named(phone, "Dentist")
    there.icalendar_component["SUMMARY"] = "Dentist, done"
    there.save()
    days.sync()
    assert days.event("Dentist, done")["location"] == "Main Street 1"
    named(phone, "Dentist, done").delete()
    days.sync()
    assert days.events("Dentist") == []


def test_exceptions_of_a_series_go_both_ways(days: Days, phone: caldav.Calendar) -> None:
    series = days.add("Swim", "2026-03-02T08:00:00Z", "2026-03-02T09:00:00Z", repeat="weekly")
    days.sync()
    later = {"times": {"kind": "timed", "start": "2026-03-09T10:00:00Z", "end": "2026-03-09T11:00:00Z", "zone": "Europe/Berlin"}}
    days.call("calendar.update_event", event=series["id"], occurrence="2026-03-09T08:00:00Z", reach="this", patch=later)
    days.call("calendar.delete_event", event=series["id"], occurrence="2026-03-16T08:00:00Z", reach="this")
    days.sync()
    span = {"start": datetime(2026, 3, 1, tzinfo=UTC), "end": datetime(2026, 4, 1, tzinfo=UTC)}
    there = phone.search(event=True, expand=True, **span)
    starts = sorted(e.icalendar_component["DTSTART"].dt.astimezone(UTC).strftime("%d %H") for e in there)
    # Nine in Berlin is eight in UTC, and seven from the 29th on.
    assert starts == ["02 08", "09 10", "23 08", "30 07"]
    whole = named(phone, "Swim")
    race = icalendar.Event()
    race.add("UID", series["uid"])
    race.add("DTSTAMP", datetime.now(UTC))
    race.add("RECURRENCE-ID", datetime(2026, 3, 23, 9, tzinfo=BERLIN))
    race.add("DTSTART", datetime(2026, 3, 23, 12, tzinfo=BERLIN))
    race.add("DTEND", datetime(2026, 3, 23, 13, tzinfo=BERLIN))
    race.add("SUMMARY", "Race")
    whole.icalendar_instance.add_component(race)
    whole.save(increase_seqno=False)
    days.sync()
    assert days.held("2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z") == [
        ("2026-03-02T08:00:00Z", "Swim"),
        ("2026-03-09T10:00:00Z", "Swim"),
        ("2026-03-23T11:00:00Z", "Race"),
        ("2026-03-30T07:00:00Z", "Swim"),
    ]
    days.call("calendar.delete_event", event=series["id"], occurrence=None, reach="all")
    days.sync()
    assert phone.events() == []


def test_when_two_changes_meet_nothing_is_lost(days: Days, phone: caldav.Calendar) -> None:
    event = days.add("Review", "2026-03-10T13:00:00Z", "2026-03-10T14:00:00Z")
    days.sync()
    there = named(phone, "Review")
    there.icalendar_component["SUMMARY"] = "Review in Room 4"
    there.save()
    days.call("calendar.update_event", event=event["id"], occurrence=None, reach="all", patch={"notes": "Bring the numbers"})
    days.sync()
    assert days.event("Review")["title"] == "Review in Room 4"
    kept = [e for e in days.call("calendar.search", words="Review") if e["calendar"] is None]
    assert [(e["title"], e["notes"]) for e in kept] == [("Review (kept from here)", "Bring the numbers")]
    assert len(phone.events()) == 1


def test_tasks_go_both_ways(days: Days, phone: caldav.Calendar) -> None:
    todo = days.call("calendar.add_todo", todo={"title": "Taxes", "calendar": days.home, "priority": "high"})
    days.sync()
    [there] = phone.todos()
    assert there.icalendar_component["SUMMARY"] == "Taxes" and there.icalendar_component["PRIORITY"] == 1
    there.complete()
    days.sync()
    now = [t for t in days.call("calendar.todos", completed=True) if t["id"] == todo["id"]]
    assert len(now) == 1
    days.call("calendar.update_todo", todo=todo["id"], patch={"completed": False})
    days.sync()
    assert len(phone.todos()) == 1
    days.call("calendar.delete_todo", todo=todo["id"])
    days.sync()
    assert phone.todos(include_completed=True) == []


def test_the_password_is_nowhere(days: Days) -> None:
    assert PASSWORD not in str(days.call("calendar.accounts"))
    folder = Path(days.luna.log).parent
    secrets = folder / "data" / "secrets.json"
    assert PASSWORD in secrets.read_text()
    for file in folder.rglob("*"):
        if file.is_file() and file != secrets:
            assert PASSWORD.encode() not in file.read_bytes(), file


def test_the_exported_file_is_sound(days: Days, luna) -> None:
    call(luna, "calendar.import", ics=FILE)
    ics = call(luna, "calendar.export")["ics"]
    calendar = icalendar.Calendar.from_ical(ics)
    assert calendar.errors == [] and calendar["VERSION"] == "2.0" and calendar["PRODID"]
    for part in calendar.walk():
        assert part.errors == [], part
        missing = {"VEVENT": ["UID", "DTSTAMP", "DTSTART"], "VTODO": ["UID", "DTSTAMP"], "VTIMEZONE": ["TZID"]}.get(part.name, [])
        assert all(name in part for name in missing), part
        for once in [*part.required, *part.singletons]:
            assert not isinstance(part.get(once), list), (once, part)
    # RFC 5545, 3.1 and 3.2.19: lines of at most 75 octets, ended by CRLF; every zone that is named is described.
    lines = ics.encode().split(b"\r\n")
    assert all(len(line) <= 75 and b"\n" not in line for line in lines)
    named = {p.params["TZID"] for part in calendar.walk() for p in part.values() if hasattr(p, "params") and "TZID" in p.params}
    assert named <= {str(zone["TZID"]) for zone in calendar.walk("VTIMEZONE")} and named
    summaries = {str(part["SUMMARY"]) for part in calendar.walk("VEVENT")}
    assert "Plätze; Namen, und ein sehr langer Titel, der über mehr als eine Zeile geht, weil Zeilen kurz sind" in summaries


FILE = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Test//EN
BEGIN:VEVENT
UID:long@test
DTSTAMP:20260101T000000Z
DTSTART;TZID=America/New_York:20260401T090000
DURATION:PT45M
RRULE:FREQ=MONTHLY;BYDAY=1WE;COUNT=6
EXDATE;TZID=America/New_York:20260506T090000
SUMMARY:Plätze\\; Namen\\, und ein sehr langer Titel\\, der über mehr als eine Zeile geht\\, weil Zeilen kurz sind
END:VEVENT
END:VCALENDAR
""".replace("\n", "\r\n")
