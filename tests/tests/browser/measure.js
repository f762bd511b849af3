// What a page has cost its reader so far: bytes, requests, elements, how much
// has moved by itself, and milliseconds since it was asked for.
(async () => {
  const drawn = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  const entries = async (type) => {
    const found = [];
    const observer = new PerformanceObserver((list) => found.push(...list.getEntries()));
    observer.observe({ type, buffered: true });
    // What happened before is told in a task of its own.
    await drawn();
    await drawn();
    found.push(...observer.takeRecords());
    observer.disconnect();
    return found;
  };
  const shifts = await entries("layout-shift");
  const tasks = await entries("longtask");
  const [navigation] = performance.getEntriesByType("navigation");
  const resources = performance.getEntriesByType("resource");
  const paint = performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0;
  const sum = (list, of) => list.reduce((all, one) => all + of(one), 0);
  return {
    requests: 1 + resources.length,
    bytes: navigation.transferSize + sum(resources, (one) => one.transferSize),
    elements: document.getElementsByTagName("*").length,
    shift: sum(shifts, (one) => (one.hadRecentInput ? 0 : one.value)),
    paint,
    dom: navigation.domInteractive,
    loaded: navigation.loadEventEnd,
    blocked: sum(tasks, (one) => Math.max(0, one.duration - 50)),
    // Drawn, its scripts run, and nothing long under way since.
    interactive: Math.max(
      paint,
      navigation.domContentLoadedEventEnd,
      ...tasks.map((one) => one.startTime + one.duration),
    ),
  };
})()
