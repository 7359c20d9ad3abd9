import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";

/** A Chromium, to see what a report does in a browser: SHIFT_VAE_CHROMIUM, or where distributions have it. */
const CANDIDATES = [process.env.SHIFT_VAE_CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser"];
export const CHROMIUM = CANDIDATES.find((path): path is string => path !== undefined && existsSync(path));

const FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"];

/** The document of a page after its scripts have run. */
export async function renderedDom(html: string): Promise<string> {
  if (!CHROMIUM) throw new Error("no Chromium");
  const folder = await mkdtemp(join(tmpdir(), "shift-vae-browser-"));
  try {
    const path = join(folder, "page.html");
    await writeFile(path, html);
    const args = [...FLAGS, `--user-data-dir=${join(folder, "profile")}`, "--window-size=1280,1000", "--dump-dom"];
    const { stdout } = await promisify(execFile)(CHROMIUM, [...args, pathToFileURL(path).href], {
      maxBuffer: 1 << 28,
      timeout: 60_000,
    });
    return stdout;
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** What a function of the page returns when its own scripts have run; its content policy is put aside for that. */
export async function evaluated<T>(html: string, probe: string): Promise<T> {
  const open = html.replace(/<meta http-equiv="Content-Security-Policy"[^>]*>/, "");
  const script = `<script>{const out=document.createElement("pre");out.id="probe";out.textContent=JSON.stringify((${probe})());document.body.append(out)}</script>`;
  const dom = await renderedDom(open.replace("</body>", `${script}</body>`));
  const [, json] = /<pre id="probe">(.*?)<\/pre>/s.exec(dom) ?? [];
  if (json === undefined) throw new Error("the probe did not run");
  return JSON.parse(json.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&"));
}
