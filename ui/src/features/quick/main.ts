// Starts the quick bar, in its own small window.
import { mount } from "svelte";
import "@/app.css";
import { preferences } from "@/features/settings/settings.svelte";
import QuickBar from "./QuickBar.svelte";

preferences.restore();

const target = document.getElementById("app");
if (!target) throw new Error("quick.html has no #app");
mount(QuickBar, { target });
