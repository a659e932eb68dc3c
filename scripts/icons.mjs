// `npm run icons`: every icon of the desktop program, into icons/, from the one drawing in ui/public/luna.svg.

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { program, root, run } from "./steps.mjs";

const ICONS = join(root, "icons");
const mark = readFileSync(join(root, "ui/public/luna.svg"), "utf8").replace(/<\/?svg[^>]*>/g, "");
const svg = (content) => `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">${content}</svg>`;

/** The application's: the moon at night, with the margin that docks and launchers expect. */
const application = svg(
  `<defs><linearGradient id="night" x1="0" y1="0" x2="0" y2="1"><stop stop-color="#2b2747"/><stop offset="1" stop-color="#15131f"/></linearGradient></defs>
   <rect x="2" y="2" width="28" height="28" rx="7" fill="url(#night)"/><g transform="translate(6.2 6.2) scale(.61)">${mark}</g>`,
);

/** The tray's: the moon alone, readable on light and dark panels; amber where a question waits, red while she listens, grey
 *  when not to be disturbed. */
const tray = {
  tray: svg(mark),
  "tray-asking": svg(`${mark}<circle cx="24.5" cy="24.5" r="6.5" fill="#e6a23c"/>`),
  "tray-listening": svg(`${mark}<circle cx="24.5" cy="24.5" r="6.5" fill="#e5484d"/>`),
  "tray-quiet": svg(mark.replaceAll(/fill="#\w+"/g, 'fill="#8a8a99"')),
  // macOS colours it itself.
  "tray-template": svg(mark.replaceAll(/fill="#\w+"/g, 'fill="#000"')),
};

await program(async () => {
  const folder = mkdtempSync(join(tmpdir(), "luna-icons-"));
  const draw = async (name, drawing, ...more) => {
    const source = join(folder, `${name}.svg`);
    const into = join(folder, name);
    writeFileSync(source, drawing);
    await run("npx", ["tauri", "icon", source, "--output", into, ...more]);
    return into;
  };
  try {
    rmSync(ICONS, { recursive: true, force: true });
    mkdirSync(ICONS);
    const made = await draw("luna", application);
    // Folders are for telephones.
    for (const entry of readdirSync(made, { withFileTypes: true })) {
      if (entry.isFile()) renameSync(join(made, entry.name), join(ICONS, entry.name));
    }
    for (const [name, drawing] of Object.entries(tray)) {
      renameSync(join(await draw(name, drawing, "--png", "64"), "64x64.png"), join(ICONS, `${name}.png`));
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
