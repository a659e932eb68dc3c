// Starts the window.
import { mount } from "svelte";
import App from "./App.svelte";
import "./app.css";
import { preferences } from "./features/settings/settings.svelte";

preferences.restore();

const target = document.getElementById("app");
if (!target) throw new Error("index.html has no #app");
mount(App, { target });
