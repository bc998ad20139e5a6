// Where a scene is looked at from. Points are scaled to -1..1 before, so a view fits any of them.

import { clamp } from "./dom.js";

const HALF_FIELD = Math.tan((20 * Math.PI) / 180);
const rounded = (value, digits) => Number(value.toFixed(digits));
const sound = (numbers, count) => numbers.length === count && numbers.every(Number.isFinite);

export class Orbit {
  constructor() {
    this.matrix = new Float32Array(16);
    this.reach = 1; // how far the points go from the middle
    this.reset();
  }

  reset() {
    Object.assign(this, { yaw: 0.75, pitch: 0.38, zoom: 1, target: [0, 0, 0] });
  }

  away(width, height) {
    return (this.reach * 1.08 * Math.max(1, height / width)) / (HALF_FIELD * this.zoom);
  }

  axes() { // right, up and towards the eye
    const [cy, sy, cp, sp] = [Math.cos(this.yaw), Math.sin(this.yaw), Math.cos(this.pitch), Math.sin(this.pitch)];
    return [[-sy, cy, 0], [-sp * cy, -sp * sy, cp], [cp * cy, cp * sy, sp]];
  }

  project(width, height) {
    const away = this.away(width, height);
    const [right, up, back] = this.axes();
    const dot = (axis) => axis[0] * this.target[0] + axis[1] * this.target[1] + axis[2] * this.target[2];
    const [fx, fy] = [height / (width * HALF_FIELD), 1 / HALF_FIELD];
    const m = this.matrix;
    for (let i = 0; i < 3; i += 1) {
      m[4 * i] = fx * right[i];
      m[4 * i + 1] = fy * up[i];
      m[4 * i + 3] = -back[i];
    }
    m[12] = -fx * dot(right);
    m[13] = -fy * dot(up);
    m[15] = dot(back) + away;
    // z = w - 2·near keeps all in front of the eye; without a depth buffer nothing else is asked of it.
    for (let i = 0; i < 4; i += 1) m[4 * i + 2] = m[4 * i + 3];
    m[14] -= 0.02;
    return m;
  }

  depths(width, height) {
    const away = this.away(width, height);
    const [, , back] = this.axes();
    const middle = away + back[0] * this.target[0] + back[1] * this.target[1] + back[2] * this.target[2];
    return [Math.max(0.01, middle - this.reach), Math.max(0.02, middle + this.reach), away];
  }

  drag(dx, dy) {
    this.yaw -= dx * 0.008;
    this.pitch = clamp(this.pitch + dy * 0.008, -1.55, 1.55);
  }

  pan(dx, dy, width, height) {
    const unit = (2 * HALF_FIELD * this.away(width, height)) / height;
    const [right, up] = this.axes();
    this.target = this.target.map((v, i) => clamp(v + (up[i] * dy - right[i] * dx) * unit, -2, 2));
  }

  zoomAt(factor) {
    this.zoom = clamp(this.zoom * factor, 0.3, 60);
  }

  state() {
    const degrees = (angle) => Math.round((angle * 180) / Math.PI);
    const target = this.target.map((v) => rounded(v, 2));
    const yaw = ((degrees(this.yaw) % 360) + 360) % 360;
    return [yaw, degrees(this.pitch), rounded(this.zoom, 2), ...(target.some(Boolean) ? target : [])];
  }

  restore(numbers) {
    const [yaw, pitch, zoom, ...target] = numbers;
    if (!sound(numbers, 3) && !sound(numbers, 6)) return false;
    this.yaw = (yaw * Math.PI) / 180;
    this.pitch = clamp((pitch * Math.PI) / 180, -1.55, 1.55);
    this.zoom = clamp(zoom, 0.3, 60);
    this.target = target.length ? target.map((v) => clamp(v, -2, 2)) : [0, 0, 0];
    return true;
  }
}

export class Plane {
  constructor() {
    this.matrix = new Float32Array(16);
    this.half = [1, 1]; // half the width and height of the points
    this.reset();
  }

  reset() {
    Object.assign(this, { x: 0, y: 0, zoom: 1 });
  }

  unit(width, height) { // pixels a unit
    return this.zoom * Math.min((width - 76) / (2 * this.half[0]), (height - 96) / (2 * this.half[1]));
  }

  project(width, height) {
    const unit = this.unit(width, height);
    const m = this.matrix.fill(0);
    m[0] = (2 * unit) / width;
    m[5] = (2 * unit) / height;
    m[12] = -this.x * m[0];
    m[13] = -this.y * m[5];
    m[15] = 1;
    return m;
  }

  depths() {
    return [0, 0, 0];
  }

  drag(dx, dy, width, height) {
    const unit = this.unit(width, height);
    this.x = clamp(this.x - dx / unit, -1.5, 1.5);
    this.y = clamp(this.y + dy / unit, -1.5, 1.5);
  }

  pan(...how) {
    this.drag(...how);
  }

  // x and y: pixels from the middle; what lies there stays there.
  zoomAt(factor, x, y, width, height) {
    const before = this.unit(width, height);
    this.zoom = clamp(this.zoom * factor, 0.4, 400);
    const shift = 1 / before - 1 / this.unit(width, height);
    this.x = clamp(this.x + x * shift, -1.5, 1.5);
    this.y = clamp(this.y - y * shift, -1.5, 1.5);
  }

  state() {
    return [rounded(this.x, 4), rounded(this.y, 4), rounded(this.zoom, 2)];
  }

  restore(numbers) {
    if (!sound(numbers, 3)) return false;
    [this.x, this.y] = numbers.map((v) => clamp(v, -1.5, 1.5));
    this.zoom = clamp(numbers[2], 0.4, 400);
    return true;
  }
}
