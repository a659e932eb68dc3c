// Draws a scene with three.js, which is loaded only when one is shown. A scene is data: numbers, colours and words; nothing
// of it runs.
import {
  AmbientLight,
  BoxGeometry,
  BufferAttribute,
  BufferGeometry,
  Color,
  ConeGeometry,
  CylinderGeometry,
  DirectionalLight,
  DoubleSide,
  Mesh,
  MeshStandardMaterial,
  PerspectiveCamera,
  PlaneGeometry,
  PointLight,
  Points,
  PointsMaterial,
  Scene as Stage,
  SphereGeometry,
  Spherical,
  TorusGeometry,
  Vector3,
  WebGLRenderer,
} from "three";
import { OrbitControls } from "three/addons/controls/OrbitControls.js";
import { CSS2DObject, CSS2DRenderer } from "three/addons/renderers/CSS2DRenderer.js";
import type { Light, Scene, Shape } from "@/wire";
import { fallen, placed, strewn, wave } from "./motion";

/** Light is meant as daylight = 1; three.js reckons in physical units, in which that is π. */
const DAYLIGHT = Math.PI;
/** A point light fades with distance; this far away it is as bright as it says. */
const REACH = 8;
/** Squares along a plane that waves. */
const RIPPLES = 64;
const FARTHEST = 1000;

export interface Drawing {
  /** Lets it move, or stand still. */
  move(moving: boolean): void;
  /** Looks from elsewhere: to the side and up, in radians, and nearer by a factor. */
  look(aside: number, up: number, nearer: number): void;
  /** Frees all it holds. */
  end(): void;
}

/** Draws into an element until it is ended. Throws where the browser has no WebGL. */
export function draw(into: HTMLElement, scene: Scene): Drawing {
  const renderer = new WebGLRenderer({ antialias: true });
  renderer.setPixelRatio(Math.min(devicePixelRatio, 2));
  const labels = new CSS2DRenderer();
  labels.domElement.className = "pointer-events-none absolute inset-0";
  labels.domElement.ariaHidden = "true";
  into.append(renderer.domElement, labels.domElement);

  const stage = new Stage();
  stage.background = new Color(scene.background);
  stage.add(...scene.lights.map(lightOf));
  const moves = scene.shapes.map((shape) => add(stage, shape));

  const camera = new PerspectiveCamera(50, 1, 0.05, FARTHEST);
  camera.position.set(...scene.camera.position);
  const controls = new OrbitControls(camera, renderer.domElement);
  controls.target.set(...scene.camera.target);
  controls.enableDamping = true;
  // three.js: at speed 1 a turn takes 60 seconds.
  controls.autoRotateSpeed = scene.camera.orbit_seconds > 0 ? 60 / scene.camera.orbit_seconds : 0;

  let [seconds, before] = [0, 0];
  let moving = false;
  const frame = (now: number): void => {
    // A tab that was away does not jump ahead.
    const passed = Math.min((now - before) / 1000, 0.1);
    before = now;
    if (moving) {
      seconds += passed;
      for (const move of moves) move(seconds);
    }
    controls.update(passed);
    renderer.render(stage, camera);
    labels.render(stage, camera);
  };
  const resized = new ResizeObserver(() => {
    const [width, height] = [into.clientWidth || 1, into.clientHeight || 1];
    camera.aspect = width / height;
    camera.updateProjectionMatrix();
    renderer.setSize(width, height);
    labels.setSize(width, height);
  });
  resized.observe(into);
  renderer.setAnimationLoop(frame);

  return {
    move(wanted) {
      moving = wanted;
      controls.autoRotate = wanted && controls.autoRotateSpeed > 0;
    },
    look(aside, up, nearer) {
      const from = new Spherical().setFromVector3(camera.position.clone().sub(controls.target));
      from.theta += aside;
      from.phi -= up;
      from.radius /= nearer;
      from.makeSafe();
      camera.position.copy(new Vector3().setFromSpherical(from).add(controls.target));
    },
    end() {
      renderer.setAnimationLoop(null);
      resized.disconnect();
      controls.dispose();
      stage.traverse((object) => {
        if (object instanceof Mesh || object instanceof Points) {
          object.geometry.dispose();
          for (const material of [object.material].flat()) material.dispose();
        }
      });
      renderer.dispose();
      renderer.forceContextLoss();
      into.replaceChildren();
    },
  };
}

function lightOf(light: Light): AmbientLight | DirectionalLight | PointLight {
  const strong = light.intensity * DAYLIGHT;
  if (light.kind === "ambient") return new AmbientLight(light.color, strong);
  const lamp = light.kind === "sun" ? new DirectionalLight(light.color, strong) : new PointLight(light.color, strong * REACH, 0, 1);
  lamp.position.set(...light.position);
  return lamp;
}

/** Puts a shape on the stage; what moves it. */
function add(stage: Stage, shape: Shape): (seconds: number) => void {
  const [object, bend] = shape.kind === "points" ? cloud(shape) : solid(shape);
  if (shape.label) {
    const word = document.createElement("span");
    word.textContent = shape.label;
    word.className = "rounded-control bg-surface-0/80 px-1.5 py-0.5 text-12 text-text-1";
    const label = new CSS2DObject(word);
    label.position.set(0, shape.size[1] / 2 + 0.3, 0);
    object.add(label);
  }
  stage.add(object);
  const { material } = object;
  const [glow, opacity] = [material instanceof MeshStandardMaterial ? material.emissiveIntensity : 0, material.opacity];
  const move = (seconds: number): void => {
    const { position, rotation, light } = placed(shape, seconds);
    object.position.set(...position);
    object.rotation.set(...rotation);
    if (material instanceof MeshStandardMaterial) material.emissiveIntensity = glow * light;
    else material.opacity = opacity * light;
    bend?.(seconds);
  };
  move(0);
  return move;
}

type Bend = ((seconds: number) => void) | undefined;

function solid(shape: Shape): [Mesh<BufferGeometry, MeshStandardMaterial>, Bend] {
  const geometry = geometryOf(shape);
  const material = new MeshStandardMaterial({
    color: shape.color,
    emissive: shape.color,
    emissiveIntensity: shape.glow,
    opacity: shape.opacity,
    transparent: shape.opacity < 1,
    roughness: 0.75,
    side: shape.kind === "plane" ? DoubleSide : 0,
  });
  const mesh = new Mesh(geometry, material);
  if (shape.kind !== "plane" || shape.motion !== "wave") return [mesh, undefined];
  const points = geometry.getAttribute("position");
  return [
    mesh,
    (seconds) => {
      for (let i = 0; i < points.count; i += 1) points.setY(i, wave(shape, points.getX(i), points.getZ(i), seconds));
      points.needsUpdate = true;
      geometry.computeVertexNormals();
    },
  ];
}

function geometryOf({ kind, size: [x, y, z], motion }: Shape): BufferGeometry {
  switch (kind) {
    case "box":
      return new BoxGeometry(x, y, z);
    case "cylinder":
      return new CylinderGeometry(0.5, 0.5, 1, 32).scale(x, y, z);
    case "cone":
      return new ConeGeometry(0.5, 1, 32).scale(x, y, z);
    case "torus": {
      const tube = Math.min(y, x) / 2;
      return new TorusGeometry(Math.max(x / 2 - tube, 0.001), tube, 16, 72).rotateX(Math.PI / 2).scale(1, 1, x > 0 ? z / x : 1);
    }
    case "plane": {
      const squares = motion === "wave" ? RIPPLES : 1;
      return new PlaneGeometry(x, z, squares, squares).rotateX(-Math.PI / 2);
    }
    default:
      return new SphereGeometry(0.5, 32, 24).scale(x, y, z);
  }
}

function cloud(shape: Shape): [Points<BufferGeometry, PointsMaterial>, Bend] {
  const points = strewn(shape);
  const positions = new BufferAttribute(new Float32Array(points.flat()), 3);
  const geometry = new BufferGeometry().setAttribute("position", positions);
  const large = Math.max(...shape.size) / 250;
  const material = new PointsMaterial({ color: shape.color, size: Math.min(Math.max(large, 0.06), 0.4), opacity: shape.opacity, transparent: true });
  const cloud = new Points(geometry, material);
  if (shape.motion !== "fall") return [cloud, undefined];
  return [
    cloud,
    (seconds) => {
      points.forEach(([, height], i) => positions.setY(i, fallen(shape, height, seconds)));
      positions.needsUpdate = true;
    },
  ];
}
