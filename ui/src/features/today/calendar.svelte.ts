// What the Today screen shows, and the changes it makes. Each change can be taken back.
import { t } from "@/i18n/index.svelte";
import { live } from "@/shell/live.svelte";
import { bringBack, takeBack, undoable } from "@/shell/undo.svelte";
import { toasts } from "@/shell/toasts.svelte";
import { luna } from "@/transport";
import type { AccountCalendar, CalendarAccountState, CalendarEvent, EventPatch, NewEvent, Occurrence, Reach, Reminder, Todo, TodoPatch } from "@/wire";
import { Resource } from "@/shell/resource.svelte";
import { addDays, shownDays, type View } from "./days";

export class CalendarView {
  view = $state<View>("week");
  date = $state.raw<Date>(addDays(new Date(), 0));
  days = $derived(shownDays(this.view, this.date));
  held: Resource<Occurrence[]>;
  todos: Resource<Todo[]>;
  reminders: Resource<Reminder[]>;
  accounts: Resource<CalendarAccountState[]>;
  /** Calendars of accounts that may be written here. */
  writable: AccountCalendar[] = $derived.by(() => (this.accounts.value ?? []).flatMap((state) => state.calendars.filter((one) => one.chosen && one.writable)));

  constructor(view: View) {
    this.view = view;
    this.held = new Resource(() => {
      const [first, last] = [this.days[0] ?? this.date, this.days.at(-1) ?? this.date];
      return luna.call("calendar.occurrences", { from: first.toISOString(), to: addDays(last, 1).toISOString() });
    });
    this.todos = new Resource(() => luna.call("calendar.todos", { completed: null }));
    this.reminders = new Resource(() => luna.call("calendar.reminders", {}));
    this.accounts = new Resource(() => luna.call("calendar.accounts", {}));
    $effect(() => {
      void this.days;
      void live.epoch;
      void this.held.refresh();
    });
    $effect(() => {
      void live.epoch;
      void this.todos.refresh();
      void this.reminders.refresh();
      void this.accounts.refresh();
    });
    $effect(() => live.listen((event) => event.type === "calendar_changed" && this.refresh()));
  }

  refresh(): void {
    void this.held.refresh();
    void this.todos.refresh();
    void this.reminders.refresh();
    void this.accounts.refresh();
  }

  /** Whether an event may be changed here. */
  mayChange(event: CalendarEvent): boolean {
    return event.calendar === null || this.writable.some(({ id }) => id === event.calendar);
  }

  /** Does a change and offers the way back; whether it was done. */
  async #do(text: string, change: () => Promise<{ action: string }>): Promise<boolean> {
    try {
      const { action } = await change();
      const deed = undoable(() => bringBack({ action }, () => toasts.show(t().today.undone)));
      toasts.show(text, { action: { label: t().app.undo, run: () => void takeBack(deed) } });
      this.refresh();
      return true;
    } catch (thrown) {
      toasts.failed(thrown);
      this.refresh();
      return false;
    }
  }

  add(words: string): Promise<boolean> {
    return this.#do(t().today.added, () => luna.call("calendar.quick_add", { words }));
  }

  addEvent(event: NewEvent): Promise<boolean> {
    return this.#do(t().today.added, () => luna.call("calendar.add_event", { event }));
  }

  change({ event, original }: Occurrence, reach: Reach, patch: EventPatch): Promise<boolean> {
    const occurrence = event.rule === null ? null : original;
    return this.#do(t().today.changed(event.title), () => luna.call("calendar.update_event", { event: event.id, occurrence, reach, patch }));
  }

  remove({ event, original }: Occurrence, reach: Reach): Promise<boolean> {
    const occurrence = event.rule === null ? null : original;
    return this.#do(t().today.removed(event.title), () => luna.call("calendar.delete_event", { event: event.id, occurrence, reach }));
  }

  async tick(todo: Todo, completed: boolean): Promise<void> {
    const patch: TodoPatch = { completed, no_due: false };
    try {
      await luna.call("calendar.update_todo", { todo: todo.id, patch });
      void this.todos.refresh();
    } catch (thrown) {
      toasts.failed(thrown);
    }
  }

  removeTodo(todo: Todo): Promise<boolean> {
    return this.#do(t().today.removed(todo.title), () => luna.call("calendar.delete_todo", { todo: todo.id }));
  }

  removeReminder(reminder: Reminder): Promise<boolean> {
    return this.#do(t().today.removed(reminder.text), () => luna.call("calendar.delete_reminder", { reminder: reminder.id }));
  }
}
