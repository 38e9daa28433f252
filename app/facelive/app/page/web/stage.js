// The 3D scene: soft backdrop (CSS behind a transparent canvas), three-point light, studio reflections, orbit controls.
import { GLTFLoader, OrbitControls, THREE } from "nicegui-scene";

const FOV = 24;
const MIDDLE = new THREE.Vector3(0, 0.02, 0.02);
const TALL_M = 0.4; // what the picture shows from top to bottom
const WIDE_M = 0.36; // and what it shows at least of each head from left to right

// A room of soft boxes, drawn once into an environment map: reflections in eyes and skin without any file.
function studioRoom() {
  const room = new THREE.Scene();
  const box = (colour, strength, size, place) => {
    const material = new THREE.MeshBasicMaterial({ color: new THREE.Color(colour).multiplyScalar(strength) });
    material.side = THREE.DoubleSide;
    const mesh = new THREE.Mesh(new THREE.BoxGeometry(...size), material);
    mesh.position.set(...place);
    room.add(mesh);
  };
  box(0x5a6068, 0.55, [20, 20, 20], [0, 0, 0]);
  box(0xfff1e0, 7.0, [3.2, 2.2, 0.1], [-4.5, 4.5, 5]);
  box(0xdfeaff, 2.2, [2.4, 3.2, 0.1], [6, 1.0, 4]);
  box(0xffffff, 1.6, [6, 0.1, 4], [0, 8, 0]);
  return room;
}

export class Stage {
  constructor(canvas) {
    this.renderer = new THREE.WebGLRenderer({ canvas, antialias: true, alpha: true, powerPreference: "low-power" });
    this.renderer.setPixelRatio(Math.min(window.devicePixelRatio, 2));
    this.renderer.toneMapping = THREE.ACESFilmicToneMapping;
    this.renderer.toneMappingExposure = 1.0;
    this.renderer.shadowMap.enabled = true;
    this.renderer.shadowMap.type = THREE.PCFSoftShadowMap;
    this.scene = new THREE.Scene();
    const generator = new THREE.PMREMGenerator(this.renderer);
    this.scene.environment = generator.fromScene(studioRoom(), 0.04).texture;
    this.scene.environmentIntensity = 0.55;
    generator.dispose();
    this.addLights();
    this.camera = new THREE.PerspectiveCamera(FOV, 1, 0.05, 20);
    this.controls = new OrbitControls(this.camera, canvas);
    this.controls.enableDamping = true;
    this.controls.enablePan = false;
    this.controls.minPolarAngle = Math.PI * 0.2;
    this.controls.maxPolarAngle = Math.PI * 0.72;
    this.controls.addEventListener("change", () => (this.dirty = true));
    this.loader = new GLTFLoader();
    this.actors = [];
    this.dirty = true;
    this.frame();
  }

  addLights() {
    const key = new THREE.DirectionalLight(0xfff0e2, 2.3);
    key.position.set(-0.7, 0.9, 1.1);
    key.castShadow = true;
    key.shadow.mapSize.set(1024, 1024);
    key.shadow.bias = -0.0004;
    key.shadow.normalBias = 0.004;
    key.shadow.radius = 6;
    Object.assign(key.shadow.camera, { left: -0.5, right: 0.5, top: 0.5, bottom: -0.5, near: 0.1, far: 4 });
    const fill = new THREE.DirectionalLight(0xcfdcff, 0.55);
    fill.position.set(1.1, 0.1, 0.9);
    const rim = new THREE.DirectionalLight(0xffffff, 2.0);
    rim.position.set(0.8, 0.7, -1.1);
    const rimLeft = new THREE.DirectionalLight(0xbcd0ff, 1.1);
    rimLeft.position.set(-1.0, 0.3, -0.9);
    this.scene.add(key, fill, rim, rimLeft);
  }

  // Distance and place of the camera so that n heads side by side fit.
  frame() {
    const n = Math.max(1, this.actors.length);
    const aspect = this.camera.aspect;
    const tall = Math.max(TALL_M, (WIDE_M * n) / aspect);
    const distance = tall / 2 / Math.tan(THREE.MathUtils.degToRad(FOV / 2)) + 0.09;
    this.controls.target.copy(MIDDLE);
    this.controls.minDistance = distance * 0.45;
    this.controls.maxDistance = distance * 1.8;
    this.camera.position.set(0, MIDDLE.y + 0.01, MIDDLE.z + distance);
    this.camera.updateProjectionMatrix();
    this.controls.update();
    this.dirty = true;
  }

  resize(width, height) {
    if (!width || !height) return;
    this.renderer.setSize(width, height, false);
    this.camera.aspect = width / height;
    this.frame();
  }

  // Stands the actors side by side, the first one first from the left.
  arrange(actors) {
    for (const gone of this.actors.filter((actor) => !actors.includes(actor))) this.scene.remove(gone.root);
    const changed = actors.length !== this.actors.length;
    this.actors = actors;
    actors.forEach((actor, i) => {
      this.scene.add(actor.root);
      actor.root.position.x = (i - (actors.length - 1) / 2) * WIDE_M;
    });
    this.dirty = true;
    if (changed) this.frame();
  }

  async load(url) {
    const response = await fetch(url);
    if (!response.ok) throw new Error(`${url}: ${response.status}`);
    return (await this.loader.parseAsync(await response.arrayBuffer(), "")).scene;
  }

  draw(dtMs) {
    this.controls.update();
    for (const actor of this.actors) if (actor.step(dtMs)) this.dirty = true;
    if (!this.dirty) return false;
    this.dirty = false;
    this.renderer.render(this.scene, this.camera);
    return true;
  }

  close() {
    this.controls.dispose();
    this.renderer.dispose();
  }
}
