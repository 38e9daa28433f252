// Reads the frame message of docs/wire.md, byte for byte the one that other receivers get.
const MAJOR = 1;
const HEADER_BYTES = 80;
const FACE_BYTES = 64;
export const FLAG = { tracked: 1, held: 2, lost: 4, calibrating: 8, locked: 64 };
export const FRAME_RESENT = 1;

function startsWith(buffer, text) {
  if (buffer.byteLength < 4) return false;
  const bytes = new Uint8Array(buffer, 0, 4);
  return [...text].every((letter, i) => bytes[i] === letter.charCodeAt(0));
}

export const isFrame = (buffer) => startsWith(buffer, "FLFR");
export const isPicture = (buffer) => startsWith(buffer, "FLJP");
export const pictureBlob = (buffer) => new Blob([new Uint8Array(buffer, 4)], { type: "image/jpeg" });

// Returns {capturedMs, sequence, resent, faces: [{id, flags, revision, confidence, rotation, translation, gaze, weights}]}
// or null if the message is of another major version or cut off.
export function decodeFrame(buffer) {
  const view = new DataView(buffer);
  if (buffer.byteLength < HEADER_BYTES || view.getUint8(4) !== MAJOR) return null;
  const headerLength = view.getUint16(6, true);
  const count = view.getUint16(66, true);
  const faceLength = view.getUint16(68, true);
  const faceHeader = view.getUint16(70, true);
  const values = view.getUint16(72, true);
  if (headerLength < HEADER_BYTES || headerLength + count * faceLength > buffer.byteLength) return null;
  if (count > 0 && (faceHeader < FACE_BYTES || faceHeader + 4 * values > faceLength)) return null;
  const floats = (at, n) => Array.from({ length: n }, (_, i) => view.getFloat32(at + 4 * i, true));
  const faces = [];
  for (let i = 0; i < count; i++) {
    const at = headerLength + i * faceLength;
    faces.push({
      id: view.getUint32(at, true),
      flags: view.getUint32(at + 4, true),
      revision: view.getUint32(at + 8, true),
      confidence: view.getFloat32(at + 16, true),
      rotation: floats(at + 20, 4),
      translation: floats(at + 36, 3),
      gaze: floats(at + 48, 4),
      weights: floats(at + faceHeader, values),
    });
  }
  return {
    capturedMs: Number(view.getBigInt64(32, true) / 1000n) / 1000,
    sequence: Number(view.getBigUint64(24, true)),
    resent: (view.getUint16(64, true) & FRAME_RESENT) !== 0,
    faces,
  };
}
