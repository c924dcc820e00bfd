// Copying an answer or an address, and sharing the conversation as text.
const SHOWN_MS = 2_000;
const tell = (text) => document.dispatchEvent(new CustomEvent("kysy:say", { detail: text }));

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch { // without https there is no clipboard to write to
    const field = document.createElement("textarea");
    const held = document.activeElement;
    field.value = text;
    field.className = "unseen";
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
    held?.focus({ preventScroll: true });
  }
}

async function copyFrom(button) {
  await copy(button.dataset.copy);
  const label = button.querySelector("span");
  if (!label.dataset.before) label.dataset.before = label.textContent;
  label.textContent = button.dataset.copied;
  tell(button.dataset.copied);
  setTimeout(() => { label.textContent = label.dataset.before; }, SHOWN_MS);
}

function transcript(title) {
  const turns = [...document.querySelectorAll(".turn")].map((turn) => {
    const reply = turn.querySelector(".deeds [data-copy]")?.dataset.copy ?? turn.querySelector(".reply").innerText.trim();
    return `» ${turn.querySelector(".question bdi").textContent}\n\n${reply}`;
  });
  return [title, ...turns].join("\n\n――――――\n\n");
}

async function share(button) {
  const title = document.title;
  const text = transcript(`${title} – ${button.dataset.dated}`);
  if (navigator.share) {
    await navigator.share({ title, text }).catch(() => {}); // closing the menu is no fault
    return;
  }
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/plain;charset=utf-8" }));
  link.download = `${title} ${new Date().toISOString().slice(0, 10)}.txt`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), SHOWN_MS);
  tell(button.dataset.saved);
}

document.addEventListener("click", (event) => {
  const copied = event.target.closest?.("[data-copy]");
  const shared = event.target.closest?.("[data-tool='share']");
  if (copied) copyFrom(copied);
  if (shared) share(shared);
});
