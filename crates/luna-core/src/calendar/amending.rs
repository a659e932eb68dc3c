//! Changes of an entry put into the text that a server has of it: only what differs is written anew, and whatever else
//! other programs wrote there (attendees, categories, their own properties) stays. Pure.

use calcard::icalendar::{
    ICalendar, ICalendarComponent, ICalendarComponentType as Kind, ICalendarEntry,
    ICalendarProperty as Property, ICalendarValue,
};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use luna_model::{CalendarEvent, Todo};

use super::entry::Entry;
use super::exchange::{self, Contents};

/// The text of an entry, with the entry as it is now. `zone`: where times without a zone are.
pub(super) fn amended(text: &str, entry: &Entry, zone: &TimeZone, now: Timestamp) -> String {
    let was = exchange::read(text, zone, now);
    let Ok(mut calendar) = ICalendar::parse(text) else { return fresh(entry, now) };
    if calendar.components.is_empty() {
        return fresh(entry, now);
    }
    for event in &entry.events {
        let written = exchange::written(event, &entry.events, now);
        let old = was.events.iter().find(|e| e.original == event.original);
        match exchange::component_of(&calendar, event.original, zone).zip(old) {
            Some((at, old)) => amend_event(&mut calendar, at, old, event, &written),
            None => exchange::push_event(&mut calendar, event, written),
        }
    }
    drop_others(&mut calendar, &was, entry, zone);
    if let (Some(todo), Some(old)) = (&entry.todo, was.todos.first()) {
        amend_todo(&mut calendar, old, todo, now);
    }
    calendar.add_missing_timezones();
    calendar.to_string()
}

/// The text of an entry that no server knows yet.
pub(super) fn fresh(entry: &Entry, now: Timestamp) -> String {
    exchange::write(&entry.events, entry.todo.as_slice(), now)
}

fn amend_event(
    calendar: &mut ICalendar,
    at: usize,
    old: &CalendarEvent,
    new: &CalendarEvent,
    written: &ICalendarComponent,
) {
    let mut differ = vec![];
    let mut note = |differs: bool, names: &[Property]| {
        if differs {
            differ.extend_from_slice(names);
        }
    };
    note(old.title != new.title, &[Property::Summary]);
    // The same text once more in HTML would now say something else.
    note(old.notes != new.notes, &[Property::Description, Property::Other("X-ALT-DESC".into())]);
    note(old.location != new.location, &[Property::Location]);
    note(old.times != new.times, &[Property::Dtstart, Property::Dtend, Property::Duration]);
    note(old.rule != new.rule, &[Property::Rrule]);
    note(old.skipped != new.skipped || old.times != new.times, &[Property::Exdate]);
    let moved = old.times != new.times || old.rule != new.rule;
    if !differ.is_empty() {
        differ.extend([Property::Dtstamp, Property::LastModified]);
    }
    let component = &mut calendar.components[at];
    for name in differ {
        replace(component, &name, written);
    }
    if moved {
        count_up(component);
    }
    if old.remind_before != new.remind_before {
        let ids = std::mem::take(&mut calendar.components[at].component_ids);
        let reminds = |id: &u32| {
            let child = usize::try_from(*id).ok().and_then(|id| calendar.components.get(id));
            child.is_some_and(|c| c.component_type == Kind::VAlarm && exchange::minutes_before(c).is_some())
        };
        let stay = ids.into_iter().filter(|id| !reminds(id)).collect();
        calendar.components[at].component_ids = stay;
        for minutes in &new.remind_before {
            exchange::push(calendar, at, exchange::alarm(new, *minutes));
        }
    }
}

/// Takes out what is no longer held otherwise.
fn drop_others(calendar: &mut ICalendar, was: &Contents, entry: &Entry, zone: &TimeZone) {
    let gone = was.events.iter().filter(|old| !entry.events.iter().any(|e| e.original == old.original));
    let gone: Vec<_> = gone
        .filter_map(|old| exchange::component_of(calendar, old.original, zone))
        .filter_map(|at| u32::try_from(at).ok())
        .collect();
    if let Some(root) = calendar.components.first_mut() {
        root.component_ids.retain(|id| !gone.contains(id));
    }
}

fn amend_todo(calendar: &mut ICalendar, old: &Todo, new: &Todo, now: Timestamp) {
    let is_it = |c: &&mut ICalendarComponent| {
        c.component_type == Kind::VTodo && !c.has_property(&Property::RecurrenceId)
    };
    let Some(component) = calendar.components.iter_mut().find(is_it) else { return };
    let mut written = exchange::written_todo(new, now);
    let mut differ = vec![];
    let mut note = |differs: bool, names: &[Property]| {
        if differs {
            differ.extend_from_slice(names);
        }
    };
    note(old.title != new.title, &[Property::Summary]);
    note(old.notes != new.notes, &[Property::Description, Property::Other("X-ALT-DESC".into())]);
    note(old.due != new.due, &[Property::Due, Property::Duration]);
    note(old.priority != new.priority, &[Property::Priority]);
    note(
        old.completed_at != new.completed_at,
        &[Property::Status, Property::Completed, Property::PercentComplete],
    );
    if new.completed_at.is_some() {
        written.add_property(Property::PercentComplete, 100_i64);
    }
    if !differ.is_empty() {
        differ.extend([Property::Dtstamp, Property::LastModified]);
    }
    for name in differ {
        replace(component, &name, &written);
    }
}

/// What a property says from now on; where it stood, if it stood.
fn replace(component: &mut ICalendarComponent, name: &Property, written: &ICalendarComponent) {
    let at = component.entries.iter().position(|e| e.name == *name).unwrap_or(component.entries.len());
    component.entries.retain(|e| e.name != *name);
    let at = at.min(component.entries.len());
    component.entries.splice(at..at, written.properties(name).cloned());
}

/// Says that the times of an event are others now (RFC 5545, 3.8.7.4).
fn count_up(component: &mut ICalendarComponent) {
    let old = component.property(&Property::Sequence).and_then(|e| e.values.first()?.as_integer());
    component.entries.retain(|e| e.name != Property::Sequence);
    let mut entry = ICalendarEntry::new(Property::Sequence);
    entry.values = vec![ICalendarValue::Integer(old.unwrap_or(0).saturating_add(1))];
    component.entries.push(entry);
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use luna_model::{EventPatch, Reach};

    use super::*;

    const THEIRS: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Other//Program//EN\r\nX-WR-CALNAME:Team\r\nBEGIN:VTIMEZONE\r\n\
        TZID:Europe/Berlin\r\nBEGIN:STANDARD\r\nDTSTART:19701025T030000\r\nRRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r\n\
        TZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\nTZNAME:CET\r\nEND:STANDARD\r\nBEGIN:DAYLIGHT\r\nDTSTART:19700329T020000\r\n\
        RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\nTZNAME:CEST\r\nEND:DAYLIGHT\r\n\
        END:VTIMEZONE\r\nBEGIN:VEVENT\r\nUID:stand-up@example\r\nDTSTAMP:20260101T000000Z\r\nSEQUENCE:3\r\nSUMMARY:Stand-up\r\n\
        DTSTART;TZID=Europe/Berlin:20260302T090000\r\nDURATION:PT15M\r\nRRULE:FREQ=WEEKLY\r\nEXDATE;TZID=Europe/Berlin:20260309T090000\r\n\
        ATTENDEE;CN=\"Ada; of Team\";PARTSTAT=ACCEPTED;X-OWN=\"a:b\":mailto:ada@example.com\r\nORGANIZER:mailto:ben@example.com\r\n\
        CATEGORIES:Work,Daily\r\nCLASS:PRIVATE\r\nX-ROOM;X-FLOOR=2:Blue\\, left\\; second door\r\nGEO:52.5;13.4\r\n\
        BEGIN:VALARM\r\nACTION:DISPLAY\r\nDESCRIPTION:Soon\r\nTRIGGER:-PT5M\r\nX-SOUND:gong\r\nEND:VALARM\r\nEND:VEVENT\r\n\
        BEGIN:VEVENT\r\nUID:stand-up@example\r\nDTSTAMP:20260101T000000Z\r\nRECURRENCE-ID;TZID=Europe/Berlin:20260316T090000\r\n\
        SUMMARY:Stand-up\\, late\r\nDTSTART;TZID=Europe/Berlin:20260316T110000\r\nDTEND;TZID=Europe/Berlin:20260316T111500\r\n\
        X-ROOM:Green\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nUID:stand-up@example\r\nDTSTAMP:20260101T000000Z\r\n\
        RECURRENCE-ID;TZID=Europe/Berlin:20260323T090000\r\nDTSTART;TZID=Europe/Berlin:20260323T090000\r\nSTATUS:CANCELLED\r\n\
        END:VEVENT\r\nEND:VCALENDAR\r\n";

    fn entry(text: &str) -> Entry {
        let contents = exchange::read(text, &TimeZone::UTC, Timestamp::UNIX_EPOCH);
        assert_eq!(contents.left_out, 0);
        Entry::read(contents, luna_model::CalendarId::new()).unwrap().1
    }

    /// The lines of a text, unfolded, sorted; the parts of a rule too, which have no order.
    fn lines(text: &str) -> Vec<String> {
        let line = |line: &str| match line.strip_prefix("RRULE:") {
            Some(rule) => {
                let mut parts: Vec<_> = rule.split(';').collect();
                parts.sort_unstable();
                format!("RRULE:{}", parts.join(";"))
            }
            None => line.to_owned(),
        };
        let mut lines: Vec<_> = text.replace("\r\n ", "").lines().map(line).collect();
        lines.sort();
        lines
    }

    fn difference(a: &[String], b: &[String]) -> Vec<String> {
        let mut b = b.to_vec();
        let mut only = vec![];
        for line in a {
            match b.iter().position(|other| other == line) {
                Some(at) => drop(b.remove(at)),
                None => only.push(line.clone()),
            }
        }
        only
    }

    fn now() -> Timestamp {
        "2026-03-03T00:00:00Z".parse().unwrap()
    }

    #[test]
    fn what_did_not_change_is_not_touched() {
        let text = amended(THEIRS, &entry(THEIRS), &TimeZone::UTC, now());
        assert_eq!(difference(&lines(THEIRS), &lines(&text)), Vec::<String>::new());
        assert_eq!(difference(&lines(&text), &lines(THEIRS)), Vec::<String>::new());
    }

    #[test]
    fn a_new_title_is_all_that_differs() {
        let mut entry = entry(THEIRS);
        entry.events[0].title = "Round".into();
        let text = amended(THEIRS, &entry, &TimeZone::UTC, now());
        assert_eq!(
            difference(&lines(THEIRS), &lines(&text)),
            ["DTSTAMP:20260101T000000Z", "SUMMARY:Stand-up"]
        );
        let new = difference(&lines(&text), &lines(THEIRS));
        assert!(new.contains(&"SUMMARY:Round".to_owned()), "{new:?}");
        assert!(
            new.iter().all(|l| ["SUMMARY", "DTSTAMP", "LAST-M"].iter().any(|p| l.starts_with(p))),
            "{new:?}"
        );
    }

    #[test]
    fn an_occurrence_that_is_moved_or_taken_back_is_an_exception_there() {
        let old = entry(THEIRS);
        let original: Timestamp = "2026-03-30T07:00:00Z".parse().unwrap();
        let times = match &old.events[0].times {
            luna_model::Times::Timed { zone, .. } => luna_model::Times::Timed {
                start: original.checked_add(SignedDuration::from_hours(2)).unwrap(),
                end: original.checked_add(SignedDuration::from_hours(3)).unwrap(),
                zone: zone.clone(),
            },
            luna_model::Times::Days { .. } => panic!("a time"),
        };
        let patch = EventPatch { times: Some(times), ..EventPatch::default() };
        let master = old.events[0].clone();
        let (_, mut rows) =
            super::super::series::changed(master, vec![], Some(original), Reach::This, &patch, now())
                .unwrap();
        rows.push(old.events[1].clone());
        let new = Entry { events: rows, todo: None };
        let text = amended(THEIRS, &new, &TimeZone::UTC, now());
        assert!(text.contains("RECURRENCE-ID;TZID=Europe/Berlin:20260330T090000"), "{text}");
        assert!(text.contains("DTSTART;TZID=Europe/Berlin:20260330T110000"), "{text}");
        assert!(!text.contains("EXDATE;TZID=Europe/Berlin:20260330T090000"), "{text}");
        let read = entry(&text);
        assert_eq!(read.print(), Entry { events: sorted(new.events), todo: None }.print());
        // Taken back again, with what was held otherwise before.
        let mut master = read.events[0].clone();
        master.skipped.retain(|at| *at != original);
        let back = amended(&text, &Entry { events: vec![master], todo: None }, &TimeZone::UTC, now());
        assert_eq!(back.matches("RECURRENCE-ID").count(), 1, "{back}");
        assert!(back.contains("STATUS:CANCELLED"), "{back}");
    }

    fn sorted(mut events: Vec<CalendarEvent>) -> Vec<CalendarEvent> {
        events.sort_by_key(|e| e.original);
        events
    }

    #[test]
    fn reminders_are_exchanged_and_other_alarms_stay() {
        let mut entry = entry(THEIRS);
        assert_eq!(entry.events[0].remind_before, [5]);
        entry.events[0].remind_before = vec![20, 60];
        let text = amended(THEIRS, &entry, &TimeZone::UTC, now());
        assert_eq!(super::tests::entry(&text).events[0].remind_before, [20, 60]);
        assert!(text.contains("ATTENDEE;CN=\"Ada; of Team\""), "{text}");
    }

    #[test]
    fn a_task_that_is_done_is_done_there() {
        let theirs = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VTODO\r\nUID:t\r\nDTSTAMP:20260101T000000Z\r\nSUMMARY:Taxes\r\n\
            STATUS:IN-PROCESS\r\nPERCENT-COMPLETE:40\r\nX-LIST:home\r\nDUE;VALUE=DATE:20260401\r\nEND:VTODO\r\nEND:VCALENDAR\r\n";
        let mut entry = entry(theirs);
        entry.todo.as_mut().unwrap().completed_at = Some(now());
        let text = amended(theirs, &entry, &TimeZone::UTC, now());
        for line in [
            "STATUS:COMPLETED",
            "PERCENT-COMPLETE:100",
            "COMPLETED:20260303T000000Z",
            "X-LIST:home",
            "DUE;VALUE=DATE:20260401",
        ] {
            assert!(text.contains(line), "{line}: {text}");
        }
        entry.todo.as_mut().unwrap().completed_at = None;
        let open = amended(&text, &entry, &TimeZone::UTC, now());
        assert!(open.contains("STATUS:NEEDS-ACTION") && !open.contains("PERCENT-COMPLETE"), "{open}");
    }
}
