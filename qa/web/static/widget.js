/* Kysy's launcher: one tag on any page. docs/widget.md has the options. Until a visitor opens it nothing is fetched,
   stored or set. What the host page may do to it (styles, policies, swapped bodies, globals, forged messages) is expected. */
(() => {
  "use strict";
  const VERSION = 1, WORDS = "WORDS";
  if (window.Kysy?.version) {
    console.warn("Kysy: widget.js is on this page already; this tag is ignored.");
    return;
  }

  /* Modules and shadow roots hide the tag; whoever fetches the script with a tag of their own (jQuery) drops its attributes. */
  const running = document.currentScript;
  const [, service, query] = /(https?:\S*?\/)widget\.js(\?\S*?)?(?=#|$|:\d+:\d+)/m.exec(running?.src || new Error().stack) || [];
  if (!service) {
    console.warn("Kysy: widget.js must be loaded by a tag of its own, from the service.");
    return;
  }
  const tags = [running, ...document.scripts].filter((each) => String(each?.src).startsWith(`${service}widget.js`));
  const tag = tags.find(({ dataset }) => Object.keys(dataset).length) || tags[0];
  const inAddress = new URLSearchParams(query);
  const option = (name) => tag?.getAttribute(`data-${name}`) ?? inAddress.get(name);
  const isSet = (name) => (option(name) ?? "false") !== "false";

  const spoken = { no: "nb", nn: "nb" };
  const known = (tongue) => {
    const [primary] = String(tongue).toLowerCase().split(/[-_]/);
    return [spoken[primary], primary].find((code) => Object.hasOwn(WORDS, code));
  };
  const tongue = () => [option("language"), document.documentElement.lang, ...navigator.languages].map(known).find(Boolean) || "en";

  /* colour: white words on the accent, else dark ones, else the accent is darkened until white can be read */
  const parts = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
  const light = (rgb) => {
    const [red, green, blue] = rgb.map((part) => part / 255).map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const asked = (option("accent") || "").trim().toLowerCase().replace(/^#(.)(.)(.)$/, "#$1$1$2$2$3$3");
  const accent = /^#[0-9a-f]{6}$/.test(asked) ? asked : "#1f5aa6";
  if (asked && accent !== asked) console.warn(`Kysy: accent "${asked}" is no colour like #1f5aa6.`);
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
  display: flex; align-items: center; gap: .5em; box-sizing: border-box; max-width: calc(100% - 40px); min-width: 52px; min-height: 52px;
  margin: 0; padding: 8px 18px 8px 14px; border: 2px solid #fff; border-radius: 28px; text-align: start; overflow-wrap: anywhere;
  font: 600 medium/1.3 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", Arial, sans-serif;
  background: var(--kysy-ground); color: var(--kysy-words); box-shadow: 0 2px 12px rgb(15 23 38 / 35%); cursor: pointer }
button.bare { padding: 8px; justify-content: center }
button[hidden] { display: none }
button:hover { box-shadow: 0 4px 18px rgb(15 23 38 / 50%) }
button:focus-visible { outline: 3px solid #14213d; outline-offset: 1px }
dialog { --low: calc(36px + max(52px, 1.75em + 20px)); position: fixed; inset: auto max(20px, env(safe-area-inset-right)) var(--low) auto;
  box-sizing: border-box; width: min(25em, 100% - 40px); height: min(42em, 100% - 20px - var(--low)); max-width: none; max-height: none; margin: 0; padding: 0; overflow: hidden; border: 1px solid #7a879a;
  border-radius: 16px; background: #fff; color: #1f5aa6; box-shadow: 0 8px 40px rgb(15 23 38 / 30%) }
dialog.dark { background: #0f1726; color: #8ab8f2 }
dialog.bare { --low: 20px }
.left, dialog.left { right: auto; left: max(20px, env(safe-area-inset-left)) }
dialog.full { inset: 0; width: 100%; height: 100%; border: 0; border-radius: 0;
  padding: env(safe-area-inset-top) env(safe-area-inset-right) env(safe-area-inset-bottom) env(safe-area-inset-left) }
dialog > svg { position: absolute; inset: 0; margin: auto; width: 3em; height: 3em }
iframe { position: relative; display: block; width: 100%; height: 100%; border: 0; visibility: hidden }
.ready iframe { visibility: visible }
.ready > svg { display: none }
@media (forced-colors: active) { button, dialog { border-color: CanvasText } button { background: ButtonFace; color: ButtonText } }
@media (prefers-reduced-motion: no-preference) { button { transition: box-shadow .12s } }
@media print { button, dialog { display: none } }`;

  const button = make("button", { type: "button", "aria-haspopup": "dialog", "aria-expanded": "false", "aria-controls": "panel" });
  const panel = make("dialog", { id: "panel" }, mark());
  const root = make("kysy-widget", {});
  const said = option("label")?.trim().slice(0, 80); // of the host's own; "" is the mark alone
  let language, label, title;
  function speak() {
    if (language === tongue()) return;
    language = root.lang = tongue();
    [label, title] = WORDS[language];
    button.replaceChildren(mark(), said ?? label);
    if (said === "") button.setAttribute("aria-label", label);
    panel.setAttribute("aria-label", title);
    if (frame) tell({ type: "language", language });
  }
  if (said === "") button.className = "bare";
  button.hidden = isSet("hidden");
  if (button.hidden) panel.className = "bare";
  if (/left/.test(option("position"))) for (const part of [button, panel]) part.classList.add("left");
  if (option("theme") === "dark" || (option("theme") !== "light" && matchMedia("(prefers-color-scheme: dark)").matches)) panel.classList.add("dark");

  const shadow = root.attachShadow({ mode: "open" });
  const guards = {
    all: "initial", display: "block", position: "fixed", width: "0", height: "0", direction: "ltr", visibility: "visible",
    "z-index": /^-?\d+$/.test(option("z-index")) ? option("z-index") : "2147483647",
    "--kysy-ground": `rgb(${ground.map(Math.round).join(" ")})`, "--kysy-words": words,
  };
  for (const name of Object.keys(guards)) root.style.setProperty(name, guards[name], "important");
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(CSS);
    shadow.adoptedStyleSheets = [sheet];
  } catch { // older browsers
    const style = make("style", {}, CSS);
    style.nonce = tag?.nonce;
    shadow.append(style);
  }
  shadow.append(panel, button);

  const narrow = matchMedia("(max-width: 640px), (max-height: 480px)"), view = window.visualViewport;
  let frame = null, isReady = false, isGone = false, isOpen = false, hasStarted = false, returns = 0, back = null, timer = 0, waiting = [];
  const emit = (name, detail) => document.dispatchEvent(new CustomEvent(`kysy:${name}`, { detail, bubbles: true }));
  const { origin } = make("a", { href: service });
  const here = location.origin === "null" ? self.origin : location.origin; // the first is null in srcdoc
  const post = (message) => frame.contentWindow.postMessage({ kysy: VERSION, ...message }, origin);
  const tell = (message) => (isReady ? post(message) : waiting.push(message));

  function load() {
    const asked = new URLSearchParams({ lang: language, host: here });
    for (const name of ["topic", "theme"]) if (option(name)) asked.set(name, option(name));
    frame = make("iframe", {
      src: `${service}embed?${asked}`, title, allow: "clipboard-write", referrerpolicy: "origin",
      sandbox: "allow-scripts allow-same-origin allow-forms allow-popups allow-popups-to-escape-sandbox",
    });
    frame.addEventListener("load", () => expect(2_000));
    expect(20_000);
    panel.append(frame);
  }

  function unload() {
    clearTimeout(timer);
    frame?.remove();
    frame = null;
    isReady = false;
    waiting = [];
    panel.classList.remove("ready");
    close();
  }

  /* A page that may not be framed here, or can't be reached, never says that it is ready. */
  function expect(patience) {
    clearTimeout(timer);
    timer = setTimeout(() => isReady || leave(), patience);
  }

  /* For good where the service refuses; where nothing of it can be reached, the next click tries again. */
  function leave() {
    unload();
    console.info(`Kysy: ${origin} did not open here. Does KYSY_ALLOWED_ORIGINS hold ${here}, and this page's Content-Security-Policy frame-src ${origin}?`);
    emit("unavailable");
    const probe = make("link", { rel: "preload", as: "script", href: `${service}widget.js?${Date.now()}`, nonce: tag?.nonce || "" });
    probe.onload = () => {
      isGone = true;
      root.remove();
    };
    probe.onerror = () => probe.remove();
    shadow.append(probe);
  }

  function show() {
    panel.classList.toggle("full", narrow.matches);
    if (narrow.matches) panel.showModal();
    else panel.show();
    fit();
  }

  /* The keyboard of a phone covers the page; what is left is the panel's. Zooming in is no keyboard. */
  function fit() {
    const isCovered = isOpen && narrow.matches && view?.scale < 1.1;
    panel.style.top = isCovered ? `${view.offsetTop}px` : "";
    panel.style.height = isCovered ? `${view.height}px` : "";
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
      post({ type: "hello", accent: asked && accent, greeting: option("greeting"), keep: option("keep") === "session" });
      waiting.splice(0).forEach(post);
      if (isOpen && document.activeElement === root) frame.focus();
    },
    close,
    answer: ({ id, status, language }) => emit("answer", { id, status, language }),
    feedback: ({ id, verdict }) => emit("feedback", { id, verdict }),
  };
  const listeners = [
    [window, "message", ({ data, source, origin: from }) => {
      if (frame && source === frame.contentWindow && from === origin && data && data.kysy === VERSION) heard[data.type]?.(data);
    }],
    [button, "click", () => (isOpen ? close() : open())],
    [panel, "close", () => panel.open || close()],
    [root, "keydown", (event) => {
      if (event.key !== "Escape" || !isOpen) return;
      event.stopPropagation();
      close();
    }],
    [narrow, "change", () => {
      if (!isOpen) return;
      panel.close();
      show();
    }],
    [view, "resize", fit],
    [view, "scroll", fit],
  ];

  /* Beside the body, not in it: a page that swaps its body keeps the conversation. A page that clears everything
     (document.open takes the listeners too) gets the launcher back, but not for ever. */
  function mount() {
    if (root.isConnected || isGone || returns++ > 20) return;
    unload();
    document.documentElement.append(root);
    for (const [target, name, listener] of listeners) target?.addEventListener(name, listener);
    watcher.observe(document.documentElement, { childList: true, attributeFilter: ["lang"] });
  }
  const watcher = new MutationObserver(() => {
    if (hasStarted) mount();
    speak();
  });
  watcher.observe(document, { childList: true });
  const start = () => {
    if (hasStarted || !document.body) return;
    hasStarted = true;
    mount();
    if (isSet("open")) openUnasked();
  };
  /* Not on a phone; a frame that isn't laid out yet only looks as narrow as one. */
  function openUnasked() {
    if (!window.innerWidth) addEventListener("resize", openUnasked, { once: true });
    else if (!narrow.matches) open(true);
  }
  speak();
  Object.defineProperty(window, "Kysy", {
    value: Object.freeze({
      version: VERSION, open: () => open(), close,
      ask(text) {
        open();
        if (!isGone) tell({ type: "ask", text: String(text) });
      },
    }),
  });
  /* Not before the page is complete: frameworks that take over the whole document (React 18) stumble over strangers in it. */
  if (document.readyState === "complete") start();
  else addEventListener("load", start);
  setTimeout(start, 5_000);
})();
