// Every screen and its sections, in one table: the rail, the screens, the palette and the list of keys read it here.
import Blocks from "@lucide/svelte/icons/blocks";
import Bot from "@lucide/svelte/icons/bot";
import Brain from "@lucide/svelte/icons/brain";
import Cable from "@lucide/svelte/icons/cable";
import CalendarClock from "@lucide/svelte/icons/calendar-clock";
import CalendarCog from "@lucide/svelte/icons/calendar-cog";
import CalendarDays from "@lucide/svelte/icons/calendar-days";
import CalendarRange from "@lucide/svelte/icons/calendar-range";
import Columns3 from "@lucide/svelte/icons/columns-3";
import Cpu from "@lucide/svelte/icons/cpu";
import Eye from "@lucide/svelte/icons/eye";
import FolderTree from "@lucide/svelte/icons/folder-tree";
import Gavel from "@lucide/svelte/icons/gavel";
import GraduationCap from "@lucide/svelte/icons/graduation-cap";
import Hammer from "@lucide/svelte/icons/hammer";
import HandHeart from "@lucide/svelte/icons/hand-heart";
import HardDrive from "@lucide/svelte/icons/hard-drive";
import History from "@lucide/svelte/icons/history";
import Info from "@lucide/svelte/icons/info";
import Keyboard from "@lucide/svelte/icons/keyboard";
import KeyRound from "@lucide/svelte/icons/key-round";
import LayoutDashboard from "@lucide/svelte/icons/layout-dashboard";
import List from "@lucide/svelte/icons/list";
import ListChecks from "@lucide/svelte/icons/list-checks";
import ListTodo from "@lucide/svelte/icons/list-todo";
import Lock from "@lucide/svelte/icons/lock";
import Merge from "@lucide/svelte/icons/merge";
import MessageSquare from "@lucide/svelte/icons/message-square";
import MessagesSquare from "@lucide/svelte/icons/messages-square";
import Mic from "@lucide/svelte/icons/mic";
import Package from "@lucide/svelte/icons/package";
import Palette from "@lucide/svelte/icons/palette";
import Plug from "@lucide/svelte/icons/plug";
import RotateCcw from "@lucide/svelte/icons/rotate-ccw";
import Scale from "@lucide/svelte/icons/scale";
import ScanSearch from "@lucide/svelte/icons/scan-search";
import Settings from "@lucide/svelte/icons/settings";
import Shapes from "@lucide/svelte/icons/shapes";
import ShieldCheck from "@lucide/svelte/icons/shield-check";
import SlidersHorizontal from "@lucide/svelte/icons/sliders-horizontal";
import Sparkles from "@lucide/svelte/icons/sparkles";
import SquareTerminal from "@lucide/svelte/icons/square-terminal";
import Users from "@lucide/svelte/icons/users";
import Wallet from "@lucide/svelte/icons/wallet";
import Waypoints from "@lucide/svelte/icons/waypoints";
import Webhook from "@lucide/svelte/icons/webhook";
import Workflow from "@lucide/svelte/icons/workflow";
import Wrench from "@lucide/svelte/icons/wrench";
import type { Component } from "svelte";
import { t } from "@/i18n/index.svelte";
import type { Hello } from "@/wire";
import type { Screen } from "./route.svelte";

/** A part of a screen that has an address of its own. */
export interface Section {
  id: string;
  label: string;
  icon: Component;
  count?: number;
}

export interface Place {
  label: string;
  icon: Component;
  /** In the order they are listed; the first is where the screen begins. A screen with none is one page, or a list of its own. */
  sections: Section[];
}

/** What reaches for a machine that is not one's own is off in a business; its users are listed to whoever keeps the house. */
function settingsOf(hello: Hello | undefined): Section[] {
  const shared = hello?.variant === "business";
  const names = t().settings;
  return [
    ...(hello?.house ? [{ id: "users", label: names.users, icon: Users }] : []),
    { id: "models", label: names.models, icon: Cpu },
    { id: "costs", label: names.costs, icon: Wallet },
    { id: "connections", label: names.connections, icon: Cable },
    { id: "general", label: names.general, icon: SlidersHorizontal },
    { id: "appearance", label: names.appearance, icon: Palette },
    ...(shared
      ? []
      : [
          { id: "desktop", label: names.desktop, icon: Keyboard },
          { id: "voice", label: names.voice, icon: Mic },
          { id: "sight", label: names.sight, icon: Eye },
        ]),
    { id: "initiative", label: names.initiative, icon: HandHeart },
    { id: "privacy", label: names.privacy, icon: Lock },
    { id: "modules", label: names.modules, icon: Blocks },
    { id: "storage", label: names.storage, icon: HardDrive },
    { id: "api", label: names.api, icon: Plug },
    { id: "accounts", label: names.accounts, icon: KeyRound },
    { id: "about", label: names.about, icon: Info },
  ];
}

/** The places of this Luna, in the language that is shown. `hello` is what her core said of herself. */
export function places(hello?: Hello): Record<Screen, Place> {
  const { nav, memory, agent, registry, today, scheduler, channels, webhooks, workshop } = t();
  return {
    chat: { label: nav.chat, icon: MessageSquare, sections: [] },
    run: { label: nav.run, icon: SquareTerminal, sections: [] },
    memory: {
      label: nav.memory,
      icon: Brain,
      sections: [
        { id: "facts", label: memory.facts, icon: Brain },
        { id: "graph", label: memory.graph, icon: Waypoints },
        { id: "condensed", label: memory.condensed, icon: Merge },
        { id: "personality", label: memory.personality, icon: Sparkles },
      ],
    },
    agent: {
      label: nav.agent,
      icon: ShieldCheck,
      sections: [
        { id: "tools", label: agent.tools, icon: Wrench },
        { id: "rules", label: agent.rules, icon: Scale },
        { id: "skills", label: agent.skills, icon: GraduationCap },
        { id: "registry", label: registry.title, icon: Package },
        { id: "workspace", label: agent.workspace, icon: FolderTree },
        { id: "tasks", label: agent.tasks, icon: ListTodo },
        { id: "audit", label: agent.audit, icon: History },
        { id: "undo", label: agent.undo, icon: RotateCcw },
      ],
    },
    today: {
      label: nav.today,
      icon: CalendarDays,
      sections: [
        { id: "day", label: today.views.day, icon: CalendarDays },
        { id: "week", label: today.views.week, icon: Columns3 },
        { id: "month", label: today.views.month, icon: CalendarRange },
        { id: "agenda", label: today.views.agenda, icon: List },
        { id: "tasks", label: today.views.tasks, icon: ListChecks },
        { id: "calendars", label: today.calendars, icon: CalendarCog },
      ],
    },
    scheduler: {
      label: nav.scheduler,
      icon: CalendarClock,
      sections: [
        { id: "jobs", label: scheduler.jobs, icon: CalendarClock },
        { id: "history", label: scheduler.history, icon: History },
      ],
    },
    channels: {
      label: nav.channels,
      icon: MessagesSquare,
      sections: [
        { id: "people", label: channels.people, icon: Users },
        { id: "services", label: channels.services, icon: Plug },
        { id: "webhooks", label: webhooks.title, icon: Webhook },
      ],
    },
    dashboard: { label: nav.dashboard, icon: LayoutDashboard, sections: [] },
    workshop: {
      label: nav.workshop,
      icon: Hammer,
      sections: [
        { id: "agents", label: workshop.agents, icon: Bot },
        { id: "chains", label: workshop.chains, icon: Workflow },
        { id: "room", label: workshop.room, icon: Gavel },
        { id: "code", label: workshop.code, icon: ScanSearch },
        { id: "artifacts", label: workshop.artifacts, icon: Shapes },
      ],
    },
    settings: { label: nav.settings, icon: Settings, sections: settingsOf(hello) },
    design: { label: nav.design, icon: Palette, sections: [] },
  };
}
