// What a button with data-in-place asks for is fetched, and only what came of it is
// put into the page: the rest stays as it is, scrolled and focused as it was.
(() => {
  const parts = ["outcome", "files", "sure"];

  const fetchInto = async (form, button) => {
    const answer = await fetch(button.formAction, { method: "POST", body: new FormData(form, button) });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const found = parts.map((id) => page.getElementById(id));
    if (answer.redirected || found.includes(null)) {
      throw new Error("this is another page");
    }
    for (const part of found) {
      document.getElementById(part.id).replaceWith(document.adoptNode(part));
    }
    document.getElementById("outcome").focus();
    document.getElementById("outcome").scrollIntoView({ block: "nearest" });
  };

  document.addEventListener("submit", async (event) => {
    const button = event.submitter;
    if (!button || !("inPlace" in button.dataset)) {
      return;
    }
    event.preventDefault();
    try {
      await fetchInto(event.target, button);
    } catch {
      delete button.dataset.inPlace; // as without a script
      event.target.requestSubmit(button);
    }
  });
})();
