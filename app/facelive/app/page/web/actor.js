// One avatar: a GLB whose morph targets are named as the stream's expression, and the nodes head, leftEye, rightEye.
import { THREE } from "nicegui-scene";

const EASE_MS = 18; // smooths the steps between the stream's frames and the screen's; far below a frame
const RECENTRE_MS = 4000; // where somebody sits becomes the middle after a while
const REACH_M = 0.12;

function find(root, name) {
  let found = null;
  root.traverse((node) => {
    if (!found && node.name.toLowerCase().replace(/[^a-z]/g, "") === name) found = node;
  });
  return found;
}

export class Actor {
  constructor(names) {
    this.names = names; // the expression's names, in the order of the weights
    this.root = new THREE.Group();
    this.weights = new Float32Array(names.length);
    this.target = null;
    this.rotation = new THREE.Quaternion();
    this.offset = new THREE.Vector3();
    this.middle = null;
    this.url = ""; // asked for
    this.worn = ""; // loaded
  }

  // Takes the loaded scene of a GLB in place of the one before.
  wear(scene) {
    this.root.children.slice().forEach((old) => {
      this.root.remove(old);
      old.traverse((node) => {
        node.geometry?.dispose();
        [node.material].flat().forEach((material) => {
          material?.map?.dispose();
          material?.dispose();
        });
      });
    });
    this.meshes = [];
    scene.traverse((node) => {
      if (node.isMesh) {
        // Lenses and lashes are see-through; a shadow map knows only whole shadows.
        node.castShadow = ![node.material].flat().some((material) => material.transparent);
        node.receiveShadow = true;
        node.frustumCulled = false; // morphs and joints move vertices out of the resting bounds
      }
      if (!node.morphTargetDictionary) return;
      const columns = this.names.map((name) => node.morphTargetDictionary[name] ?? -1);
      this.meshes.push({ influences: node.morphTargetInfluences, columns });
    });
    this.head = find(scene, "head") ?? scene;
    this.eyes = [find(scene, "lefteye"), find(scene, "righteye")];
    this.rest = [this.head, ...this.eyes].map((node) => node?.quaternion.clone());
    this.root.add(scene);
    this.apply();
  }

  // Where to go: a face as decodeFrame gives it.
  aim(face) {
    this.target = face;
    const [x, y, z] = face.translation;
    if (this.middle === null) this.middle = new THREE.Vector3(x, y, z);
  }

  // Moves on by dt; true while anything still moves.
  step(dtMs) {
    const face = this.target;
    if (!face) return false;
    const share = 1 - Math.exp(-dtMs / EASE_MS);
    let moved = 0;
    for (let i = 0; i < this.weights.length; i++) {
      const change = ((face.weights[i] ?? 0) - this.weights[i]) * share;
      this.weights[i] += change;
      moved = Math.max(moved, Math.abs(change));
    }
    const rotation = new THREE.Quaternion(...face.rotation);
    moved = Math.max(moved, this.rotation.angleTo(rotation) * share);
    this.rotation.slerp(rotation, share);
    const place = new THREE.Vector3(...face.translation);
    this.middle.lerp(place, 1 - Math.exp(-dtMs / RECENTRE_MS));
    const lean = place.sub(this.middle).clampLength(0, REACH_M);
    moved = Math.max(moved, this.offset.distanceTo(lean) * share);
    this.offset.lerp(lean, share);
    this.apply();
    return moved > 1e-4;
  }

  apply() {
    if (!this.meshes) return;
    for (const { influences, columns } of this.meshes) {
      columns.forEach((column, i) => {
        if (column >= 0) influences[column] = this.weights[i];
      });
    }
    this.head.quaternion.multiplyQuaternions(this.rotation, this.rest[0]);
    const gaze = this.target?.gaze ?? [0, 0, 0, 0];
    this.eyes.forEach((eye, i) => {
      if (!eye) return;
      const turn = new THREE.Quaternion().setFromEuler(new THREE.Euler(gaze[2 * i + 1], gaze[2 * i], 0, "YXZ"));
      eye.quaternion.multiplyQuaternions(turn, this.rest[i + 1]);
    });
    this.root.children[0]?.position.copy(this.offset);
  }
}
