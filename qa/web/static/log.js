// What Python tells through the hidden feed is put on the page: turns that are new or have changed, and nothing else.
const find = (selector) => document.querySelector(selector);
const isCalm = matchMedia("(prefers-reduced-motion: reduce)");
let newest = -1; // number of the news drawn last
const declined = new Set(); // languages that the visitor doesn't want the page in

function draw(news) {
  const log = find("#log");
  if (news.welcome && !news.turns?.length) log.innerHTML = news.welcome;
  if (news.first === 0 && news.turns) {
    for (const old of log.querySelectorAll(".turn")) if (Number(old.id.slice(5)) >= news.turns.length) old.remove();
  }
  for (const [step, html] of (news.turns ?? []).entries()) put(news.first + step, html);
  document.body.classList.toggle("talking", Boolean(log.querySelector(".turn")));
  if (news.header) swap("#header", news.header);
  if (news.footnote) swap("#footnote", news.footnote);
  if (news.notices) swap("#notices", news.notices);
  if (news.hint !== undefined) find("#hint").textContent = news.hint;
  if (news.said) say(news.said);
  if (news.language) {
    document.documentElement.lang = news.language;
    const menu = find("select[data-tool='language']");
    if (menu) menu.value = news.language;
  }
}

function put(number, html) {
  const log = find("#log");
  const made = document.createElement("template");
  made.innerHTML = html;
  const turn = made.content.firstElementChild;
  for (const offer of turn.querySelectorAll(".offer")) if (declined.has(offer.lang)) offer.remove();
  document.dispatchEvent(new CustomEvent("kysy:turn", { detail: turn }));
  const before = document.getElementById(turn.id);
  if (before) {
    replace(before, turn);
  } else {
    log.querySelector(".welcome")?.remove();
    log.append(turn);
    turn.scrollIntoView({ block: "start", behavior: isCalm.matches ? "auto" : "smooth" });
  }
}

// The question stays where it is, for it may have the focus.
function replace(before, turn) {
  const question = before.querySelector(".question");
  const [asked, ...others] = turn.children;
  question.innerHTML = asked.innerHTML;
  before.setAttribute("aria-busy", turn.getAttribute("aria-busy"));
  while (question.nextSibling) question.nextSibling.remove();
  question.after(...others);
}

function swap(selector, html) {
  const place = find(selector);
  const held = place.contains(document.activeElement) && document.activeElement.dataset.tool;
  place.innerHTML = html;
  if (held) place.querySelector(`[data-tool='${held}']`)?.focus({ preventScroll: true });
}

// Once for each answer; the pause lets a screen reader finish what the focus made it say.
function say(text) {
  const live = find("#live");
  live.textContent = "";
  setTimeout(() => { live.textContent = text; }, 100);
}

document.addEventListener("kysy:say", (event) => say(event.detail));
document.addEventListener("click", (event) => {
  const decline = event.target.closest?.("[data-tool='decline']");
  if (!decline) return;
  declined.add(decline.dataset.language);
  for (const offer of document.querySelectorAll(`.offer[lang='${decline.dataset.language}']`)) offer.remove();
});

// Gradio may tell the last news of an answer once more, when the next question has its own already.
function read() {
  const text = find("#feed").textContent.trim();
  if (!text) return;
  const news = JSON.parse(text);
  if (news.number <= newest && !news.lost) return;
  newest = news.number;
  draw(news);
  document.dispatchEvent(new CustomEvent("kysy:news", { detail: news }));
}

document.addEventListener("kysy:ready", () => {
  new MutationObserver(read).observe(find("#feed"), { childList: true, subtree: true, characterData: true });
  read();
});
