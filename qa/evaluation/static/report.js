"use strict";
// Filters the questions, switches the heat map and unfolds what is printed. Without it, all is shown.
(() => {
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const one = (selector) => document.querySelector(selector);
  const lower = (text) => text.normalize("NFC").toLocaleLowerCase();
  const pause_ms = 250;

  for (const controls of all(".controls[hidden]")) controls.hidden = false;

  // questions
  const cards = all(".card").map((element) => ({
    element,
    kind: element.dataset.kind,
    language: element.dataset.language,
    text: lower(all(".sought", element).map((part) => part.textContent).join("\n")),
  }));
  const filters = one("#filters");
  if (filters) {
    const language = one("#language"), sought = one("#sought"), shown = one("#shown"), nothing = one("#nothing");
    const chosen = () => one("[name=kind]:checked").value.split(" ");

    const filter = () => {
      const words = lower(sought.value).split(/\s+/).filter(Boolean);
      const kinds = chosen();
      let count = 0;
      for (const card of cards) {
        const fits = (kinds[0] === "all" || kinds.includes(card.kind))
          && (language.value === "all" || language.value === card.language)
          && words.every((word) => card.text.includes(word));
        card.element.hidden = !fits;
        count += fits;
      }
      shown.textContent = `Questions shown: ${count} of ${cards.length}`;
      nothing.hidden = count > 0;
    };

    let waiting = 0;
    const soon = () => { clearTimeout(waiting); waiting = setTimeout(filter, pause_ms); };
    filters.addEventListener("change", filter);
    sought.addEventListener("input", soon);
    one("#again").addEventListener("click", () => {
      sought.value = "";
      language.value = "all";
      one("[name=kind][value=all]").checked = true;
      filter();
      sought.focus();
    });
    one("#unfold").addEventListener("click", () => all(".card:not([hidden]) .more").forEach((d) => { d.open = true; }));
    one("#fold").addEventListener("click", () => all(".card .more").forEach((d) => { d.open = false; }));
    filter();
  }

  // heat map
  const measures = all("[name=measure]");
  const show = () => measures.forEach((choice) => { one(`#heat-${choice.value}`).hidden = !choice.checked; });
  measures.forEach((choice) => choice.addEventListener("change", show));
  if (measures.length) show();

  // paper: what is folded or switched away on the screen is printed; of the questions, those that are shown
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = all("details:not([open])");
    closed.forEach((details) => { details.open = true; });
  });
  addEventListener("afterprint", () => closed.forEach((details) => { details.open = false; }));
})();
