// Charts are drawn when they come near, in the reader's light or dark; on paper all of them, light. Nothing is fetched.
const figures = JSON.parse(document.getElementById("figures").textContent);
const places = [...document.querySelectorAll(".plot")];
const night = matchMedia("(prefers-color-scheme: dark)");
let paper = false;
const mode = () => (night.matches && !paper ? "dark" : "light");
const draw = (place) => {
  if (place.dataset.drawn === mode()) return;
  place.dataset.drawn = mode();
  const figure = figures[mode()][place.dataset.figure];
  const layout = { ...figure.layout, width: Math.min(690, place.parentElement.clientWidth - 34) };
  Plotly.react(place, figure.data, layout, { displaylogo: false, displayModeBar: false });
};
const again = () => places.filter((place) => place.dataset.drawn).forEach(draw);
const anew = () => places.filter((place) => place.dataset.drawn).forEach((place) => { delete place.dataset.drawn; draw(place); });
const watch = new IntersectionObserver(
  (seen) => seen.filter((one) => one.isIntersecting).forEach((one) => draw(one.target)), { rootMargin: "600px" });
places.forEach((place) => watch.observe(place));
night.addEventListener("change", again);
let wide = innerWidth;
addEventListener("resize", () => { if (innerWidth !== wide) { wide = innerWidth; anew(); } });
addEventListener("beforeprint", () => { paper = true; places.forEach(draw); });
addEventListener("afterprint", () => { paper = false; again(); });
