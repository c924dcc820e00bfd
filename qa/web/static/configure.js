// The tag as the form says it, tried out at once.
import { contrast, parsed, readable, written } from "./colour.js";
import { copyFrom } from "./copying.js";

const form = document.querySelector("#options");
const preview = document.querySelector("#preview");
const shown = (id, text) => { document.querySelector(`#${id}`).textContent = text; };
const quoted = (text) => text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
const service = new URL("./", location.href);
const DEFAULT_ACCENT = "#1f5aa6", EXAMPLE = "https://www.example.org";

/** What differs from the defaults: [[name, value], …]. */
function chosen() {
  return [...new FormData(form)]
    .map(([name, value]) => [name, value.trim()])
    .filter(([name, value]) => value && name !== "site" && !(name === "accent" && value === DEFAULT_ACCENT));
}

/** The origin of what was typed, which needs no scheme: “www.example.org/start” will do. */
function site() {
  const typed = form.elements.site.value.trim();
  try {
    const { protocol, origin } = new URL(typed.includes("://") ? typed : `https://${typed}`);
    return protocol.startsWith("http") ? origin : EXAMPLE;
  } catch {
    return EXAMPLE;
  }
}

function tell() {
  const attributes = chosen().map(([name, value]) => ` data-${name}="${quoted(value)}"`).join("");
  shown("tag", `<script src="${service}widget.js"${attributes} async></script>`);
  shown("allow", `KYSY_ALLOWED_ORIGINS=${site()}`);
  shown("policy", `script-src ${service.origin}; frame-src ${service.origin}`);
  const accent = parsed(form.elements.accent.value);
  const [light, dark] = [readable(accent, parsed("#f4f6f8")), readable(accent, parsed("#1a2436"))];
  const isChanged = form.elements.accent.value !== DEFAULT_ACCENT && Math.min(contrast(accent, parsed("#f4f6f8")), contrast(accent, parsed("#1a2436"))) < 4.5;
  shown("used", isChanged ? form.dataset.used.replace("{light}", written(light)).replace("{dark}", written(dark)) : "");
}

let timer = 0;
function tryOut() {
  clearTimeout(timer);
  timer = setTimeout(() => {
    const query = new URLSearchParams([["lang", document.documentElement.lang], ...chosen()]);
    preview.contentWindow.location.replace(new URL(`widget/preview?${query}`, service)); // no entry in the history
  }, 400);
}

form.addEventListener("input", () => {
  tell();
  tryOut();
});
form.addEventListener("submit", (event) => event.preventDefault());

document.addEventListener("click", ({ target }) => {
  const { copies } = target.dataset ?? {};
  if (copies) copyFrom(target, document.querySelector(`#${copies}`).textContent);
});

tell();
