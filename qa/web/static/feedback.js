// “Did it help?”: yes or no opens room for a comment; each answer is judged once.
const done = new Set(); // ids of answers that have been judged in this visit

const tell = (text) => document.dispatchEvent(new CustomEvent("kysy:say", { detail: text }));
const chosen = (form) => form.querySelector("[data-helpful][aria-pressed='true']");

function choose(form, thumb) {
  for (const each of form.querySelectorAll("[data-helpful]")) each.setAttribute("aria-pressed", String(each === thumb));
  form.querySelector(".comment").hidden = !thumb;
  if (thumb) form.scrollIntoView({ block: "nearest" });
}

function body(form, comment) {
  const verdict = chosen(form).dataset.helpful === "true" ? "up" : "down";
  return JSON.stringify({ id: form.dataset.answer, verdict, comment, language: document.documentElement.lang });
}

function thank(form) {
  const thanks = document.createElement("p");
  thanks.className = "thanks";
  thanks.tabIndex = -1;
  thanks.textContent = form.dataset.thanks;
  form.replaceWith(thanks);
  return thanks;
}

async function send(form) {
  const button = form.querySelector("[type='submit']");
  if (!chosen(form) || button.ariaDisabled === "true") return;
  button.ariaDisabled = "true";
  form.querySelector(".failed").textContent = "";
  const request = { method: "POST", headers: { "Content-Type": "application/json" }, body: body(form, form.querySelector("textarea").value.trim()) };
  const reply = await fetch("api/feedback", request).catch(() => null);
  if (reply?.ok) {
    done.add(form.dataset.answer);
    thank(form).focus({ preventScroll: true });
    tell(form.dataset.thanks);
  } else {
    button.ariaDisabled = "false";
    form.querySelector(".failed").textContent = form.dataset.failed;
  }
}

// A thumb that was pressed counts also when nothing more is said. The comment was not sent, so it isn't.
function leave() {
  for (const form of document.querySelectorAll("form.feedback")) {
    if (!chosen(form) || done.has(form.dataset.answer)) continue;
    done.add(form.dataset.answer);
    navigator.sendBeacon("api/feedback", new Blob([body(form, "")], { type: "application/json" }));
  }
}

document.addEventListener("click", (event) => {
  const form = event.target.closest?.("form.feedback");
  const thumb = event.target.closest?.("[data-helpful]");
  if (form && thumb) choose(form, thumb);
  if (form && event.target.closest("[data-cancel]")) {
    const pressed = chosen(form);
    choose(form, null);
    pressed?.focus();
  }
});
document.addEventListener("submit", (event) => {
  if (!event.target.matches("form.feedback")) return;
  event.preventDefault();
  send(event.target);
});
document.addEventListener("kysy:turn", (event) => {
  for (const form of event.detail.querySelectorAll("form.feedback")) if (done.has(form.dataset.answer)) thank(form);
});
addEventListener("pagehide", leave);
