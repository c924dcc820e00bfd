/* Kysy's launcher: one tag on any page. docs/widget.md has the options. Until a visitor opens it nothing is fetched,
   stored or set. What the host page may do to it (styles, policies, swapped bodies, forged messages) is expected. */
(() => {
  "use strict";
  const VERSION = 1, FAR = "2147483647", WORDS = "WORDS";
  if (window.Kysy?.version) {
    console.warn("Kysy: widget.js is on this page already; this tag is ignored.");
    return;
  }
  const tag = document.currentScript || document.querySelector('script[src*="/widget.js"]');
  if (!tag) return; // run by something that hides where it came from
  const options = tag.dataset, service = new URL(".", tag.src), nonce = tag.nonce;
  const isSet = (name) => name in options && options[name] !== "false";
  const tongue = () => options.language || document.documentElement.lang || navigator.language || "en";
  const spoken = { no: "nb", nn: "nb" }, primary = tongue().toLowerCase().split(/[-_]/)[0];
  const language = WORDS[spoken[primary] || primary] ? spoken[primary] || primary : "en";
  const [label, title] = WORDS[language];

  /* colour: white words on the accent, else dark ones, else the accent is darkened until white can be read */
  const parts = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
  const light = (rgb) => rgb.map((part) => part / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
    .reduce((sum, part, at) => sum + part * [0.2126, 0.7152, 0.0722][at], 0);
  const asked = (options.accent || "").trim().toLowerCase().replace(/^#(.)(.)(.)$/, "#$1$1$2$2$3$3");
  const accent = /^#[0-9a-f]{6}$/.test(asked) ? asked : "#1f5aa6";
  if (options.accent && accent !== asked) console.warn(`Kysy: data-accent="${options.accent}" is no colour like #1f5aa6.`);
  let ground = parts(accent), words = "#fff";
  if (1.05 / (light(ground) + 0.05) < 4.5) {
    if ((light(ground) + 0.05) / (light(parts("#14213d")) + 0.05) >= 4.5) words = "#14213d";
    else while (1.05 / (light(ground) + 0.05) < 4.5) ground = ground.map((part) => part * 0.96);
  }

  const make = (name, attributes, ...children) => {
    const made = name === "svg" || name === "path" ? document.createElementNS("http://www.w3.org/2000/svg", name) : document.createElement(name);
    for (const key of Object.keys(attributes)) made.setAttribute(key, attributes[key]);
    made.append(...children);
    return made;
  };
  const mark = () => make("svg", { viewBox: "0 0 32 32", "aria-hidden": "true" },
    make("path", { d: "M9.6 22.9 5 24.600l1.500-5A11 11 0 1 1 16 24.200M12.400 11a3.700 3.700 0 1 1 5.600 3.100c-1.300.8-2 1.400-2 2.600" }));

  const CSS = `
svg { width: 1.75em; height: 1.75em; flex: none; fill: none; stroke: currentColor; stroke-width: 3.2; stroke-linecap: round; stroke-linejoin: round }
button { position: fixed; right: max(20px, env(safe-area-inset-right)); bottom: max(20px, env(safe-area-inset-bottom));
  display: flex; align-items: center; gap: .5em; box-sizing: border-box; max-width: calc(100vw - 40px); min-width: 52px; min-height: 52px;
  margin: 0; padding: 8px 18px 8px 14px; border: 2px solid #fff; border-radius: 28px; text-align: start;
  font: 600 medium/1.3 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", Arial, sans-serif;
  background: var(--kysy-ground); color: var(--kysy-words); box-shadow: 0 2px 12px rgb(15 23 38 / 35%); cursor: pointer }
button.bare { padding: 8px; justify-content: center }
button[hidden] { display: none }
button:hover { box-shadow: 0 4px 18px rgb(15 23 38 / 50%) }
button:focus-visible { outline: 3px solid #14213d; outline-offset: 1px }
dialog { position: fixed; inset: auto max(20px, env(safe-area-inset-right)) 88px auto; box-sizing: border-box; width: min(25em, 100vw - 40px);
  height: min(42em, 100vh - 108px); max-width: none; max-height: none; margin: 0; padding: 0; overflow: hidden; border: 1px solid #7a879a;
  border-radius: 16px; background: #fff; color: #1f5aa6; box-shadow: 0 8px 40px rgb(15 23 38 / 30%) }
dialog.dark { background: #0f1726; color: #8ab8f2 }
dialog.bare { bottom: 20px; height: min(42em, 100vh - 40px) }
.left, dialog.left { right: auto; left: max(20px, env(safe-area-inset-left)) }
dialog:modal, dialog.full { inset: 0; width: 100%; height: 100%; border: 0; border-radius: 0;
  padding: env(safe-area-inset-top) env(safe-area-inset-right) env(safe-area-inset-bottom) env(safe-area-inset-left) }
dialog > svg { position: absolute; inset: 0; margin: auto; width: 3em; height: 3em }
iframe { position: relative; display: block; width: 100%; height: 100%; border: 0; visibility: hidden }
.ready iframe { visibility: visible }
.ready > svg { display: none }
@media (forced-colors: active) { button, dialog { border-color: CanvasText } button { background: ButtonFace; color: ButtonText } }
@media (prefers-reduced-motion: no-preference) { button { transition: box-shadow .12s } }
@media print { button, dialog { display: none } }`;

  const said = options.label === undefined ? label : options.label.trim();
  const button = make("button", { type: "button", "aria-haspopup": "dialog", "aria-expanded": "false", "aria-controls": "panel" }, mark());
  if (said) button.append(said);
  else button.setAttribute("aria-label", label);
  if (!said) button.className = "bare";
  button.hidden = isSet("hidden");
  const panel = make("dialog", { id: "panel", "aria-label": title }, mark());
  if (button.hidden) panel.className = "bare";
  if (/left/.test(options.position)) for (const part of [button, panel]) part.classList.add("left");
  if (options.theme === "dark" || (options.theme !== "light" && matchMedia("(prefers-color-scheme: dark)").matches)) panel.classList.add("dark");

  const root = make("kysy-widget", { lang: language });
  const shadow = root.attachShadow({ mode: "open" });
  const guards = {
    all: "initial", display: "block", position: "fixed", width: "0", height: "0", direction: "ltr", visibility: "visible",
    "z-index": /^-?\d+$/.test(options.zIndex) ? options.zIndex : FAR,
    "--kysy-ground": `rgb(${ground.map(Math.round).join(" ")})`, "--kysy-words": words,
  };
  for (const name of Object.keys(guards)) root.style.setProperty(name, guards[name], "important");
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(CSS);
    shadow.adoptedStyleSheets = [sheet];
  } catch { // older browsers
    const style = make("style", {}, CSS);
    style.nonce = nonce;
    shadow.append(style);
  }
  shadow.append(panel, button);

  const narrow = matchMedia("(max-width: 640px), (max-height: 480px)");
  let frame = null, isReady = false, isGone = false, isOpen = false, returns = 0, back = null, timer = 0, waiting = [];
  const emit = (name, detail) => document.dispatchEvent(new CustomEvent(`kysy:${name}`, { detail, bubbles: true }));
  const post = (message) => frame.contentWindow.postMessage({ kysy: VERSION, ...message }, service.origin);
  const tell = (message) => (isReady ? post(message) : waiting.push(message));

  function load() {
    const query = new URLSearchParams({ lang: tongue(), host: location.origin });
    for (const name of ["topic", "theme"]) if (options[name]) query.set(name, options[name]);
    frame = make("iframe", {
      src: `${new URL("embed", service)}?${query}`, title, allow: "clipboard-write", referrerpolicy: "origin",
      sandbox: "allow-scripts allow-same-origin allow-forms allow-popups allow-popups-to-escape-sandbox",
    });
    frame.addEventListener("load", () => expect(2_000));
    expect(20_000);
    panel.append(frame);
  }

  /* A page that may not be framed here, or can't be reached, never says that it is ready. */
  function expect(patience) {
    clearTimeout(timer);
    timer = setTimeout(() => isReady || leave(), patience);
  }

  function leave() {
    close();
    isGone = true;
    root.remove();
    console.info(`Kysy: ${service.origin} did not open here and has stepped aside. Does KYSY_ALLOWED_ORIGINS hold ${location.origin}, and this page's Content-Security-Policy frame-src ${service.origin}?`);
    emit("unavailable");
  }

  function show() {
    if (narrow.matches) panel.showModal();
    else panel.show();
  }

  function open(quietly) {
    if (isGone || isOpen) return;
    mount();
    const active = document.activeElement;
    back = active && active !== document.body && active !== root ? active : button;
    isOpen = true;
    if (!frame) load();
    if (quietly) panel.setAttribute("open", ""); // show() would take the focus
    else show();
    button.setAttribute("aria-expanded", "true");
    tell({ type: "open", focus: !quietly });
    if (!quietly) frame.focus();
    emit("open");
  }

  function close() {
    if (!isOpen) return;
    const hadFocus = document.activeElement === root;
    isOpen = false;
    panel.close();
    button.setAttribute("aria-expanded", "false");
    if (hadFocus && back.isConnected) back.focus();
    emit("close");
  }

  const heard = {
    __proto__: null,
    ready() {
      isReady = true;
      clearTimeout(timer);
      panel.classList.add("ready");
      post({ type: "hello", accent: options.accent && accent, greeting: options.greeting, keep: options.keep === "session" });
      waiting.splice(0).forEach(post);
      if (isOpen && document.activeElement === root) frame.focus();
    },
    close,
    answer: ({ id, status, language }) => emit("answer", { id, status, language }),
    feedback: ({ id, verdict }) => emit("feedback", { id, verdict }),
  };
  addEventListener("message", ({ data, source, origin }) => {
    if (frame && source === frame.contentWindow && origin === service.origin && data && data.kysy === VERSION) heard[data.type]?.(data);
  });

  button.addEventListener("click", () => (isOpen ? close() : open()));
  panel.addEventListener("close", () => panel.open || close());
  root.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !isOpen) return;
    event.stopPropagation();
    close();
  });
  narrow.addEventListener("change", () => {
    if (!isOpen) return;
    panel.close();
    show();
  });

  /* Beside the body, not in it: a page that swaps its body keeps the conversation. A page that clears everything
     gets the launcher back, but not for ever. */
  function mount() {
    if (root.isConnected || isGone || returns++ > 20) return;
    isReady = false;
    if (isOpen) close();
    document.documentElement.append(root);
    watcher.observe(document.documentElement, { childList: true });
  }
  const watcher = new MutationObserver(mount);
  watcher.observe(document, { childList: true });
  const start = () => {
    mount();
    if (isSet("open") && !narrow.matches) open(true);
  };
  Object.defineProperty(window, "Kysy", {
    value: Object.freeze({
      version: VERSION, open: () => open(), close,
      ask(text) {
        open();
        if (!isGone) tell({ type: "ask", text: String(text) });
      },
    }),
  });
  if (document.body) start();
  else addEventListener("DOMContentLoaded", start);
})();
