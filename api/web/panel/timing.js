// How long an agent waits, as the browser measures it: behoud:paint is from an answer to its picture, behoud:next from a click to
// the picture of what comes next. `make bench` reads them.

const MEASURES = { "behoud:paint": "behoud:answer", "behoud:next": "behoud:click" };

export const clicked = () => performance.mark("behoud:click");
export const answered = () => performance.mark("behoud:answer");

// Call when the picture has been built: it is seen after the next frame.
export function built() {
  requestAnimationFrame(() => {
    const seen = new MessageChannel();
    seen.port1.onmessage = () => {
      seen.port1.close();
      for (const [name, from] of Object.entries(MEASURES)) {
        performance.clearMeasures(name); // a day has many; the last is enough
        if (performance.getEntriesByName(from).length) performance.measure(name, from);
        performance.clearMarks(from);
      }
    };
    seen.port2.postMessage(0);
  });
}
