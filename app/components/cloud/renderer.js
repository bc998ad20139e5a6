// WebGL2: one context for all scenes. Painted from the back to the front, so edges are smooth without
// multisampling, which a browser without a graphics card cannot afford.

import { FRAGMENT, VERTEX } from "./shaders.js";

const UNIFORMS = ["matrix", "depths", "size", "palette", "missing", "noise", "grey", "background", "symbols",
  "dimming", "strong"];

export class Renderer {
  constructor(canvas) {
    // Kept between frames: a scene that does not move need not be painted again beside one that turns.
    this.gl = canvas.getContext("webgl2", { antialias: false, depth: false, preserveDrawingBuffer: true });
    if (!this.gl) throw new Error("no WebGL2");
    this.canvas = canvas;
    this.prepare();
  }

  prepare() { // also after the browser took the context away and gave it back
    const { gl } = this;
    this.program = linked(gl);
    this.at = Object.fromEntries(UNIFORMS.map((name) => [name, gl.getUniformLocation(this.program, name)]));
    this.shared = [1, 2, 3].map(() => gl.createBuffer());
    this.types = [gl.UNSIGNED_BYTE, gl.UNSIGNED_BYTE, gl.UNSIGNED_BYTE];
    this.texture = gl.createTexture();
    this.scenes = [];
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    gl.enable(gl.SCISSOR_TEST);
  }

  points(index, positions) {
    const { gl } = this;
    this.scenes[index] ??= { points: gl.createBuffer(), order: gl.createBuffer(), array: gl.createVertexArray() };
    const scene = this.scenes[index];
    gl.bindVertexArray(scene.array);
    gl.bindBuffer(gl.ARRAY_BUFFER, scene.points);
    gl.bufferData(gl.ARRAY_BUFFER, positions, gl.STATIC_DRAW);
    gl.enableVertexAttribArray(0);
    gl.vertexAttribPointer(0, 3, gl.FLOAT, false, 0, 0);
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, scene.order);
    this.shared.forEach((_, slot) => this.attach(scene, slot));
  }

  order(index, order) {
    const { gl } = this;
    gl.bindVertexArray(this.scenes[index].array);
    gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, order, gl.DYNAMIC_DRAW);
  }

  // slot 0: colour codes, 1: clusters, 2: which are lit.
  codes(slot, codes) {
    const { gl } = this;
    gl.bindBuffer(gl.ARRAY_BUFFER, this.shared[slot]);
    gl.bufferData(gl.ARRAY_BUFFER, codes, gl.DYNAMIC_DRAW);
    const type = codes.BYTES_PER_ELEMENT === 2 ? gl.UNSIGNED_SHORT : gl.UNSIGNED_BYTE;
    if (type === this.types[slot]) return;
    this.types[slot] = type;
    this.scenes.forEach((scene) => this.attach(scene, slot));
  }

  attach(scene, slot) {
    const { gl } = this;
    gl.bindVertexArray(scene.array);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.shared[slot]);
    gl.enableVertexAttribArray(slot + 1);
    gl.vertexAttribIPointer(slot + 1, 1, this.types[slot], 0, 0);
  }

  colours(colours) {
    const { gl } = this;
    const rows = Math.max(1, Math.ceil(colours.length / 256));
    const texels = new Uint8Array(rows * 256 * 4);
    colours.forEach((colour, at) => texels.set([...colour, 255], at * 4));
    gl.bindTexture(gl.TEXTURE_2D, this.texture);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, 256, rows, 0, gl.RGBA, gl.UNSIGNED_BYTE, texels);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
  }

  // place: {x, y, width, height} in device pixels from the lower left; above: indices drawn once more.
  draw(index, place, matrix, look, count, above) {
    const { gl, at } = this;
    gl.viewport(place.x, place.y, place.width, place.height);
    gl.scissor(place.x, place.y, place.width, place.height);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
    if (!count) return;
    gl.useProgram(this.program);
    gl.uniformMatrix4fv(at.matrix, false, matrix);
    gl.uniform3fv(at.depths, look.depths);
    gl.uniform1f(at.size, look.size);
    gl.uniform1i(at.palette, 0);
    gl.uniform1ui(at.missing, look.missing);
    gl.uniform1ui(at.noise, look.noise);
    gl.uniform3fv(at.grey, look.grey);
    gl.uniform3fv(at.background, look.background);
    gl.uniform1i(at.symbols, Number(look.symbols));
    gl.uniform1i(at.dimming, Number(look.dimming));
    gl.uniform1i(at.strong, 0);
    gl.bindVertexArray(this.scenes[index].array);
    gl.drawElements(gl.POINTS, count, gl.UNSIGNED_INT, 0);
    gl.uniform1i(at.strong, 1);
    above.forEach(({ index: one, larger }) => {
      gl.uniform1f(at.size, look.size * larger);
      gl.drawArrays(gl.POINTS, one, 1);
    });
  }

  free() {
    this.gl.getExtension("WEBGL_lose_context")?.loseContext();
  }
}

function linked(gl) {
  const program = gl.createProgram();
  for (const [type, source] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]]) {
    const shader = gl.createShader(type);
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS) && !gl.isContextLost()) {
    throw new Error(gl.getProgramInfoLog(program));
  }
  return program;
}
