// What is being written on a ticket is kept a little after one stops typing. Files
// are kept when they are sent, previewed or saved by the button.
(() => {
  const form = document.querySelector("form.composer");
  const button = form?.querySelector("button[data-draft]");
  const state = document.getElementById("draft-state");
  if (!button || !state) {
    return;
  }
  const pause = 2000;
  let timer, running;

  const save = async () => {
    const data = new FormData(form);
    data.delete("file");
    data.set("auto", "yes");
    running = new AbortController();
    try {
      const answer = await fetch(button.formAction, { method: "POST", body: data, signal: running.signal, redirect: "manual" });
      state.textContent = answer.status === 204
        ? "Draft saved " + new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })
        : "The draft could not be saved. Copy your text before you leave the page.";
    } catch (fault) {
      if (fault.name !== "AbortError") {
        state.textContent = "The draft could not be saved: the desk cannot be reached.";
      }
    }
  };

  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(save, pause);
  });
  form.addEventListener("submit", () => {
    clearTimeout(timer);
    running?.abort();
  });
})();
