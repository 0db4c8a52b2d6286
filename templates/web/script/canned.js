// A canned reply is put where the cursor stands in the text. The desk fills it in.
(() => {
  const button = document.querySelector("button[data-canned]");
  const choice = document.getElementById("canned");
  const text = document.getElementById("text");
  const state = document.getElementById("canned-state");
  if (!button || !choice || !text || !state) return;

  const insert = (words) => {
    text.focus();
    // Of the ways to write into a text, only this one can be taken back with Ctrl+Z.
    if (document.execCommand("insertText", false, words)) return;
    text.setRangeText(words, text.selectionStart, text.selectionEnd, "end");
    text.dispatchEvent(new Event("input", { bubbles: true }));
  };

  button.form.addEventListener("submit", async (event) => {
    if (event.submitter !== button || !choice.value || !("canned" in button.dataset)) return;
    event.preventDefault();
    try {
      const answer = await fetch(button.dataset.canned + "/" + encodeURIComponent(choice.value), { headers: { Accept: "application/json" } });
      const said = await answer.json();
      state.textContent = said.problem ?? "";
      state.classList.toggle("problem", Boolean(said.problem));
      if (!said.problem) insert(said.text);
    } catch {
      delete button.dataset.canned; // as without a script
      button.form.requestSubmit(button);
    }
  });
})();
