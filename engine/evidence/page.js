// Charts are drawn when they come near; all of them before the page is printed. Nothing is fetched.
const figures = JSON.parse(document.getElementById("figures").textContent);
const draw = (place) => {
  if (place.dataset.drawn) return;
  place.dataset.drawn = "yes";
  const figure = figures[place.dataset.figure];
  const layout = { ...figure.layout, width: Math.min(690, place.parentElement.clientWidth - 34) };
  Plotly.newPlot(place, figure.data, layout, { displaylogo: false, displayModeBar: false });
};
const places = [...document.querySelectorAll(".plot")];
const watch = new IntersectionObserver(
  (seen) => seen.filter((one) => one.isIntersecting).forEach((one) => draw(one.target)), { rootMargin: "600px" });
places.forEach((place) => watch.observe(place));
addEventListener("beforeprint", () => places.forEach(draw));
