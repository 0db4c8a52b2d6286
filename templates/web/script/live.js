// Tells in a line at the foot of the page what happens while it is open. Nothing is
// loaded by itself: who reads decides when. Tabs that nobody sees do not listen.
(() => {
  const line = document.getElementById("live");
  if (!line) return;
  const people = line.querySelector(".people");
  const news = document.createElement("a");
  let stream = null;
  let counted = [...document.querySelectorAll("nav[aria-label=Queues] a")].filter((a) => a.pathname === "/tickets");

  const show = (text) => {
    if (news.textContent === text) return;
    news.href = location.pathname + location.search;
    news.textContent = text;
    if (!news.isConnected) line.prepend(news);
  };
  const count = (counts) => counted.forEach((link, i) => {
    let mark = link.querySelector(".count");
    if (!counts[i]) return mark?.remove();
    if (!mark) {
      mark = document.createElement("span");
      mark.className = "count";
      link.append(" ", mark);
    }
    mark.textContent = counts[i];
  });
  const told = (event) => {
    const said = JSON.parse(event.data);
    people.textContent = said.people ?? "";
    if (said.words) show(said.words + ": show it");
    if (said.changed) show((said.changed === 1 ? "One ticket has changed" : said.changed + " tickets have changed") + ": show it");
    if (said.counts) count(said.counts);
  };
  const listen = () => {
    if (stream || document.hidden) return;
    stream = new EventSource(line.dataset.events);
    stream.addEventListener("message", told);
  };
  const hush = () => {
    stream?.close();
    stream = null;
  };

  // Who is at work on the ticket, for the others.
  const text = document.getElementById("text");
  let doing = "reading";
  const tell = (what) => {
    if (!line.dataset.present) return;
    fetch(line.dataset.present, { method: "POST", body: new URLSearchParams({ doing: what }), keepalive: true }).catch(() => {}); // said again soon
  };
  text?.addEventListener("input", () => {
    const now = text.value.trim() ? "replying" : "reading";
    if (now !== doing) tell((doing = now));
  });

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      hush();
      tell("");
    } else {
      listen();
      tell(doing);
    }
  });
  addEventListener("pagehide", () => {
    hush();
    tell("");
  });
  addEventListener("pageshow", (event) => { if (event.persisted) { listen(); tell(doing); } });
  if (text?.value.trim()) doing = "replying"; // it came back with what was written
  listen();
  if (!document.hidden) tell(doing);
  setInterval(() => { if (!document.hidden) tell(doing); }, 20000);
})();
