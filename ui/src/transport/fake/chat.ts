// Conversations and their messages, and the questions that a turn asks.
import type { Conversation } from "@/wire";
import { Failure } from "../failure";
import { id, now, type Core } from "./core";
import { found, type Part } from "./handlers";

export function chat(core: Core): Part<"chat" | "confirmations"> {
  let deleted: Conversation[] = [];

  function change(conversation: string, patch: { title?: string; pinned?: boolean }): Conversation {
    const changed = { ...found(core.conversations.find((one) => one.id === conversation), "conversation"), ...patch };
    core.conversations = core.conversations.map((one) => (one.id === conversation ? changed : one));
    return changed;
  }

  return {
    "chat.stop": ({ turn }) => {
      core.stopped.add(turn);
      return {};
    },
    "chat.conversations": ({ limit = 50, before }) =>
      [...core.conversations]
        .sort((a, b) => Number(b.pinned) - Number(a.pinned) || b.updated_at.localeCompare(a.updated_at))
        .filter((conversation) => before === undefined || conversation.updated_at < before)
        .slice(0, limit),
    "chat.messages": ({ conversation, limit = 50, before }) => {
      const all = core.messages.filter((message) => message.conversation === conversation);
      const end = before === undefined ? all.length : all.findIndex((message) => message.id === before);
      return all.slice(Math.max(0, end - limit), end);
    },
    "chat.rename": ({ conversation, title }) => change(conversation, { title }),
    "chat.branch": ({ conversation, message, included }) => {
      const all = core.messages.filter((one) => one.conversation === conversation);
      const upto = all.findIndex((one) => one.id === message);
      if (upto === -1) throw new Failure("not_found", "There is no such message in this conversation.");
      const copied = all.slice(0, included ? upto + 1 : upto);
      const branch = { ...found(core.conversations.find((one) => one.id === conversation), "conversation"), id: id(), pinned: false, updated_at: now(), message_count: copied.length };
      core.conversations = [branch, ...core.conversations];
      core.messages.push(...copied.map((one) => ({ ...one, id: id(), conversation: branch.id })));
      return branch;
    },
    "chat.pin": ({ conversation, pinned }) => change(conversation, { pinned }),
    "chat.delete": ({ conversation }) => {
      deleted = [...deleted, ...core.conversations.filter((one) => one.id === conversation)];
      core.conversations = core.conversations.filter((one) => one.id !== conversation);
      return {};
    },
    "chat.restore": ({ conversation }) => {
      const back = found(deleted.find((one) => one.id === conversation), "conversation");
      core.conversations = [...core.conversations, back];
      return back;
    },
    "chat.search": ({ query, limit }) =>
      core.messages
        .filter((message) => message.content.toLowerCase().includes(query.toLowerCase()))
        .slice(0, limit)
        .map((message) => ({ message, title: core.conversations.find((one) => one.id === message.conversation)?.title ?? "" })),
    "chat.export": ({ conversation, format }) => ({
      name: `conversation.${format === "json" ? "json" : "md"}`,
      text: core.messages.filter((message) => message.conversation === conversation).map((message) => message.content).join("\n\n"),
    }),
    "confirmations.list": () => [...core.questions.values()].map((question) => question.confirmation),
    "confirmations.answer": ({ action, answer }) => {
      const question = found(core.questions.get(action), "question");
      if (answer === "always" && question.confirmation.always) core.rules = [...core.rules, question.confirmation.always];
      question.settle(answer === "no" ? "denied" : "approved");
      return {};
    },
  };
}
