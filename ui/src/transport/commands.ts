// The command table of Luna's own window, as generated, and what the UI adds to its types.
// It says nothing of how a command travels; that is the business of the files beside it.
import type { Commands, Settings, Streams, VoiceSettings } from "@/wire";

export type { Commands, Streams };

/** A patch of the settings: `null` puts a field back to its default; of the voice's settings some will do. */
export type SettingsPatch = { [Name in keyof Settings]?: (Name extends "voice" ? Partial<VoiceSettings> : Settings[Name]) | null };

export type CommandName = keyof Commands;
export type StreamName = keyof Streams;
export type Request<Name extends CommandName> = Commands[Name]["request"];
export type Response<Name extends CommandName> = Commands[Name]["response"];
