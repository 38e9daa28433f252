// The WebSocket to the program. The page asks for each frame when it is ready to draw one, so that nothing queues up
// anywhere: what is asked for late is answered with the newest. A tab in the background asks for nothing.
import { isFrame, isPicture } from "./packet.js";

const PING_EVERY_MS = 2000;
const RETRY_MS = 1000;

export class Link {
  // handlers: {frame(buffer), picture(buffer), message(object), open(), closed()}
  constructor(path, handlers) {
    this.path = path;
    this.handlers = handlers;
    this.offsetMs = null; // program's clock minus ours
    this.bestRoundTripMs = Infinity;
    this.ended = false;
    this.connect();
  }

  connect() {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    this.socket = new WebSocket(`${scheme}://${location.host}${this.path}`);
    this.socket.binaryType = "arraybuffer";
    this.socket.onopen = () => {
      this.bestRoundTripMs = Infinity;
      this.ping();
      this.timer = setInterval(() => this.ping(), PING_EVERY_MS);
      this.handlers.open();
      this.pullFrame();
    };
    this.socket.onmessage = (event) => this.receive(event.data);
    this.socket.onclose = () => {
      clearInterval(this.timer);
      this.handlers.closed();
      if (!this.ended) setTimeout(() => this.ended || this.connect(), RETRY_MS);
    };
  }

  receive(data) {
    if (typeof data === "string") {
      const message = JSON.parse(data);
      if (message.pong !== undefined) this.compareClocks(message);
      else this.handlers.message(message);
    } else if (isFrame(data)) this.handlers.frame(data);
    else if (isPicture(data)) this.handlers.picture(data);
  }

  // The smallest round trip gives the best estimate (Cristian's algorithm).
  compareClocks(message) {
    const now = performance.now();
    const roundTripMs = now - message.pong;
    if (roundTripMs > this.bestRoundTripMs) return;
    this.bestRoundTripMs = roundTripMs;
    this.offsetMs = message.clock_ms - (now + message.pong) / 2;
  }

  ageMs(capturedMs) {
    return this.offsetMs === null ? null : performance.now() + this.offsetMs - capturedMs;
  }

  send(text) {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(text);
  }

  ping() { this.send(JSON.stringify({ ping: performance.now() })); }
  pullFrame() { this.send("f"); }
  pullPicture() { this.send("p"); }

  close() {
    this.ended = true;
    this.socket.close();
  }
}
