// Opens a page's socket, and says how long to wait before the next try.
const MAX_WAIT_MS = 15000;

export function openSocket(path) {
  const address = new URL(path, location.href);
  address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  return new WebSocket(address);
}

// Longer each time, and not the same for all whose server comes back.
export const waitMs = (tries) => Math.min(500 * 2 ** tries, MAX_WAIT_MS) * (0.5 + Math.random() / 2);
