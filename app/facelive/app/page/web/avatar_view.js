// The component that nicegui mounts: canvas, state, figures, and the camera picture when somebody asks for it.
import { Actor, decodeFrame, FLAG, Link, pictureBlob, Stage } from "facelive-page";

const FIGURES_EVERY_MS = 250;
const SEEN = ["tracked", "held", "lost"];
const WORDS = {
  starting: "starting", searching: "looking for a face", tracked: "tracked", held: "held", lost: "face lost",
  "no camera": "no camera", ended: "ended", gone: "the program has ended", connecting: "connecting",
};

function stateOf(face) {
  if (face.flags & FLAG.tracked) return "tracked";
  return face.flags & FLAG.held ? "held" : "lost";
}

export default {
  props: { socketPath: String, neutralUrl: String },
  template: `
    <div class="fl-view">
      <canvas ref="canvas"></canvas>
      <div v-if="problem" class="fl-problem">{{ problem }}</div>
      <div class="fl-status" :data-state="state">
        <span class="fl-dot"></span><span class="fl-word">{{ word }}</span>
        <span v-if="calibrating" class="fl-figure">keep a neutral face…</span>
        <span v-if="fps" class="fl-figure"><b>{{ fps }}</b> fps</span>
        <span v-if="age !== null" class="fl-figure"><b>{{ age }}</b> ms old</span>
      </div>
      <div v-if="faces.length > 1" class="fl-faces">
        <span v-for="face in faces" :key="face.id" :data-state="face.state"><span class="fl-dot"></span>{{ face.id }}</span>
      </div>
      <div v-if="notice" class="fl-notice">{{ notice }}</div>
      <img v-show="camera && picture" :src="picture" class="fl-camera" alt="camera picture">
    </div>`,
  data: () => ({
    state: "connecting", calibrating: false, fps: 0, age: null, faces: [], notice: "", problem: "", camera: false,
    picture: "",
  }),
  computed: {
    word() { return WORDS[this.state] ?? this.state; },
  },
  mounted() {
    try {
      this.stage = new Stage(this.$refs.canvas);
    } catch (error) {
      this.problem = `This browser cannot draw in 3D (WebGL): ${error.message}`;
      return;
    }
    this.actors = new Map();
    this.avatars = new Map(); // face id -> URL
    this.neutral = this.neutralUrl; // replaced once the painted one is there
    this.names = [];
    this.phase = ""; // what the program says that it does
    this.arrived = null; // the newest frame that has not been drawn
    this.times = [];
    this.observer = new ResizeObserver(([entry]) => {
      this.stage.resize(entry.contentRect.width, entry.contentRect.height);
    });
    this.observer.observe(this.$el);
    this.link = new Link(this.socketPath, {
      frame: (buffer) => (this.arrived = decodeFrame(buffer)),
      picture: (buffer) => this.showPicture(buffer),
      message: (message) => this.receive(message),
      open: () => this.camera && this.link.pullPicture(),
      closed: () => (this.state = "gone"),
    });
    this.timer = setInterval(() => this.showFigures(), FIGURES_EVERY_MS);
    this.last = performance.now();
    this.request = requestAnimationFrame((now) => this.tick(now));
    window.facelive = { stage: this.stage, actors: this.actors, view: this, loaded: 0, drawn: 0 };
  },
  unmounted() {
    cancelAnimationFrame(this.request);
    clearInterval(this.timer);
    this.observer?.disconnect();
    this.link?.close();
    this.stage?.close();
  },
  methods: {
    tick(now) {
      this.request = requestAnimationFrame((later) => this.tick(later));
      const frame = this.arrived;
      if (frame) {
        this.arrived = null;
        this.follow(frame);
        this.link.pullFrame();
      }
      if (this.stage.draw(now - this.last)) window.facelive.drawn += 1;
      this.last = now;
    },
    follow(frame) {
      const ids = frame.faces.map((face) => face.id);
      const changed = ids.length !== this.actors.size || ids.some((id) => !this.actors.has(id));
      if (changed) this.cast(ids);
      frame.faces.forEach((face) => this.actors.get(face.id).aim(face));
      if (frame.faces.length) this.state = this.wordFor(stateOf(frame.faces[0]));
      this.faces = frame.faces.map((face) => ({ id: face.id, state: stateOf(face) }));
      this.calibrating = frame.faces.some((face) => face.flags & FLAG.calibrating);
      this.ageNow = frame.resent ? null : this.link.ageMs(frame.capturedMs);
      this.times.push(performance.now());
    },
    // With nobody there a lost face is sent all the same: then the program's own word says why.
    wordFor(state) { return state === "lost" && this.phase && !SEEN.includes(this.phase) ? this.phase : state; },
    // Who plays: a stand-in for everybody in the frame; somebody who is alone keeps the head that stands there already.
    cast(ids) {
      if (ids.length === 1 && this.actors.size === 1) {
        const [actor] = this.actors.values();
        this.actors.clear();
        this.actors.set(ids[0], actor);
      }
      for (const id of [...this.actors.keys()]) if (!ids.includes(id)) this.actors.delete(id);
      for (const id of ids) if (!this.actors.has(id)) this.actors.set(id, new Actor(this.names));
      for (const id of ids) this.dress(id);
      this.stage.arrange(ids.map((id) => this.actors.get(id)));
    },
    async dress(id) {
      const actor = this.actors.get(id);
      const url = this.avatars.get(id) ?? this.neutral;
      if (!actor || actor.url === url) return;
      actor.url = url;
      try {
        const scene = await this.stage.load(url);
        if (actor.url !== url) return; // a newer one was asked for meanwhile
        actor.wear(scene);
        actor.worn = url;
        this.stage.dirty = true;
        window.facelive.loaded += 1;
      } catch (error) {
        if (actor.url !== url) return;
        actor.url = actor.worn ?? ""; // the next change of the cast tries again
        this.notice = `the avatar could not be loaded: ${error.message}`;
      }
    },
    receive(message) {
      if (message.hello) {
        this.names = message.hello.expression;
        if (!this.actors.size) this.cast([0]);
        this.state = "searching";
      }
      if (message.avatar) {
        const { face_id: id, url } = message.avatar;
        if (id === null) this.neutral = url;
        else this.avatars.set(id, url);
        for (const face of this.actors.keys()) this.dress(face);
      }
      if (message.stats) {
        this.notice = message.stats.notice;
        this.phase = message.stats.state;
        if (!SEEN.includes(this.phase)) this.state = this.wordFor("lost");
      }
    },
    showFigures() {
      const now = performance.now();
      this.times = this.times.filter((time) => now - time < 2000);
      this.fps = this.times.length > 1 ? Math.round((1000 * (this.times.length - 1)) / (now - this.times[0])) : 0;
      this.age = this.fps && this.ageNow != null ? Math.max(0, Math.round(this.ageNow)) : null;
    },
    showCamera(wanted) {
      this.camera = wanted;
      if (wanted) this.link.pullPicture();
      else this.forgetPicture();
    },
    showPicture(buffer) {
      if (!this.camera) return;
      this.forgetPicture();
      this.picture = URL.createObjectURL(pictureBlob(buffer));
      this.link.pullPicture();
    },
    forgetPicture() {
      if (this.picture) URL.revokeObjectURL(this.picture);
      this.picture = "";
    },
    recentre() { this.stage.frame(); },
  },
};
