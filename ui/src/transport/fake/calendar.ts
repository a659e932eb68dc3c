// Events, tasks and reminders. Whatever changes can be taken back.
import { id, now, type Core } from "./core";
import * as data from "./data";
import { found, type Part } from "./handlers";
import type { Served } from "./calendars";

export function calendar(core: Core): Omit<Part<"calendar">, keyof Served> {
  let held = core.bare ? [] : data.occurrences();
  let todos = core.bare ? [] : data.todos();
  let reminders = core.bare ? [] : data.reminders();

  /** Makes a change that can be taken back by its action. */
  function undoably<Reply extends object>(change: () => Reply): Reply & { action: string } {
    const [action, before] = [id(), { held, todos, reminders }];
    core.waysBack.set(action, () => {
      ({ held, todos, reminders } = before);
      core.publish({ type: "calendar_changed" });
    });
    const reply = change();
    core.publish({ type: "calendar_changed" });
    return { ...reply, action };
  }

  return {
    "calendar.occurrences": ({ from, to }) => held.filter(({ event }) => event.times.kind === "days" || (event.times.start < to && event.times.end > from)),
    "calendar.search": ({ words }) => held.map(({ event }) => event).filter((event) => event.title.toLowerCase().includes(words.toLowerCase())),
    "calendar.add_event": ({ event }) => {
      const made = { ...data.held(event.title, event.times).event, id: id(), location: event.location, notes: event.notes, rule: event.repeat ?? null };
      return undoably(() => {
        held = [...held, { event: made, original: null }];
        return { event: made };
      });
    },
    "calendar.update_event": ({ event, patch }) =>
      undoably(() => {
        const { repeat, ...rest } = patch;
        held = held.map((one) => (one.event.id === event ? { ...one, event: { ...one.event, ...rest, ...(repeat === undefined ? {} : { rule: repeat || null }) } } : one));
        return { event: found(held.find((one) => one.event.id === event), "event").event };
      }),
    "calendar.delete_event": ({ event }) =>
      undoably(() => {
        held = held.filter((one) => one.event.id !== event);
        return {};
      }),
    "calendar.todos": () => todos,
    "calendar.add_todo": ({ todo }) => {
      const made = data.todo(todo.title, todo.due ?? null);
      todos = [...todos, made];
      return made;
    },
    "calendar.update_todo": ({ todo, patch }) => {
      todos = todos.map((one) => (one.id === todo ? { ...one, completed_at: patch.completed === undefined ? one.completed_at : patch.completed ? now() : null } : one));
      core.publish({ type: "calendar_changed" });
      return found(todos.find((one) => one.id === todo), "task");
    },
    "calendar.delete_todo": ({ todo }) =>
      undoably(() => {
        todos = todos.filter((one) => one.id !== todo);
        return {};
      }),
    "calendar.reminders": () => reminders,
    "calendar.add_reminder": ({ text, at, event }) => {
      const made = { id: id(), text, at, event, said_at: null, created_at: now() };
      reminders = [...reminders, made];
      return made;
    },
    "calendar.snooze": ({ reminder, until }) => {
      reminders = reminders.map((one) => (one.id === reminder ? { ...one, at: until } : one));
      return found(reminders.find((one) => one.id === reminder), "reminder");
    },
    "calendar.delete_reminder": ({ reminder }) =>
      undoably(() => {
        reminders = reminders.filter((one) => one.id !== reminder);
        return {};
      }),
    "calendar.understand": ({ words }) => data.understood(words),
    "calendar.quick_add": ({ words }) => {
      const draft = data.understood(words);
      return undoably(() => {
        if (draft.kind === "event") held = [...held, data.held(draft.event.title, draft.event.times)];
        else if (draft.kind === "todo") todos = [...todos, data.todo(draft.todo.title, draft.todo.due ?? null)];
        else reminders = [...reminders, { id: id(), text: draft.text, at: draft.at, event: null, said_at: null, created_at: now() }];
        return { draft };
      });
    },
    "calendar.export": () => ({ ics: "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n" }),
    "calendar.import": () => ({ events: 0, todos: 0, left_out: 0 }),
    "calendar.subscriptions": () => [],
    "calendar.subscribe": ({ name, url }) => ({ id: id(), name, url, read_at: now(), failure: null, created_at: now() }),
    "calendar.unsubscribe": () => ({}),
  };
}
