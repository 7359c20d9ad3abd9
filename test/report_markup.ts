/** Opening and closing tags of a page or figure. */
export interface Tag {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
}

const VOID_ELEMENTS = new Set(["meta", "link", "br", "hr", "img", "input"]);

/** Reads markup strictly: every tag closes in order, every attribute is quoted, no stray "<". Throws where it is not so. */
export function parseMarkup(markup: string): { readonly tags: Tag[]; readonly text: string } {
  const tags: Tag[] = [];
  const open: string[] = [];
  let text = "";
  let at = markup.startsWith("<!doctype html>") ? "<!doctype html>".length : 0;
  while (at < markup.length) {
    const next = markup.indexOf("<", at);
    text += markup.slice(at, next < 0 ? undefined : next);
    if (next < 0) break;
    const match = /^<(\/?)([a-zA-Z][a-zA-Z0-9]*)((?:\s+[a-zA-Z-]+(?:="[^"<]*")?)*)\s*(\/?)>/.exec(
      markup.slice(next, next + 4_000_000),
    );
    if (!match) throw new Error(`Not a tag: ${markup.slice(next, next + 60)}`);
    at = next + match[0].length;
    const [, closing, name, attributeText, selfClosing] = match;
    if (closing) {
      const expected = open.pop();
      if (expected !== name) throw new Error(`</${name}> where </${expected}> was due`);
      continue;
    }
    const attributes: Record<string, string> = {};
    for (const [, key, value] of attributeText.matchAll(/\s([a-zA-Z-]+)(?:="([^"]*)")?/g))
      attributes[key] = value ?? "";
    tags.push({ name, attributes });
    if (name === "script" || name === "style") {
      at = markup.indexOf(`</${name}>`, at) + name.length + 3;
      if (at < next) throw new Error(`<${name}> does not end`);
    } else if (!selfClosing && !VOID_ELEMENTS.has(name)) open.push(name);
  }
  if (open.length > 0) throw new Error(`Never closed: ${open.join(", ")}`);
  return { tags, text };
}
