// The page's own small modules, served as the ES module "facelive-page".
export { Actor } from "./actor.js";
export { Link } from "./link.js";
export { decodeFrame, FLAG, isFrame, isPicture, pictureBlob } from "./packet.js";
export { Stage } from "./stage.js";
