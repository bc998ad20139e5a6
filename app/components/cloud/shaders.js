// One program draws the points of all scenes. Colours come from a palette by code, shapes by cluster.

export const SHAPES = 8;

export const VERTEX = `#version 300 es
layout(location = 0) in vec3 position;
layout(location = 1) in uint code;
layout(location = 2) in uint cluster;
layout(location = 3) in uint lit;
uniform mat4 matrix;
uniform vec3 depths;        // where fading begins, where it ends, where a point has its plain size; 0: flat
uniform float size;         // device pixels across
uniform sampler2D palette;
uniform uint missing;       // the code of a clip without value
uniform uint noise;         // the code of a clip in no cluster
uniform vec3 grey;
uniform vec3 background;
uniform bool symbols;
uniform bool dimming;       // some are selected, so the others step back
uniform bool strong;        // drawn once more, above all others
flat out vec4 colour;
flat out int shape;
flat out float radius;
void main() {
  gl_Position = matrix * vec4(position, 1.0);
  colour = code == missing ? vec4(grey, 0.8) : vec4(texelFetch(palette, ivec2(code & 255u, code >> 8u), 0).rgb, 0.94);
  float across = size;
  if (depths.z > 0.0) {
    float away = gl_Position.w;
    colour.rgb = mix(colour.rgb, background, 0.38 * clamp((away - depths.x) / (depths.y - depths.x), 0.0, 1.0));
    across *= clamp(depths.z / away, 0.5, 2.5);
  }
  shape = 0;
  if (symbols) {
    shape = cluster == noise ? ${SHAPES} : int(cluster % ${SHAPES}u);
    across *= shape == ${SHAPES} ? 0.75 : 1.3;
  }
  if (dimming && lit == 0u && !strong) {
    colour = vec4(mix(colour.rgb, grey, 0.55), 0.16);
    across *= 0.85;
  }
  gl_PointSize = across + 1.0;
  radius = across * 0.5;
}`;

export const FRAGMENT = `#version 300 es
precision highp float;
flat in vec4 colour;
flat in int shape;
flat in float radius;
uniform vec3 background;
out vec4 painted;

float box(vec2 p, vec2 half_) { vec2 d = abs(p) - half_; return max(d.x, d.y); }
float triangle(vec2 p) { return max(abs(p.x) * 0.866 + p.y * 0.5, -p.y) - 0.52; }
float plus(vec2 p) { return min(box(p, vec2(0.98, 0.32)), box(p, vec2(0.32, 0.98))); }

float outside(vec2 p) {
  switch (shape) {
    case 1: return box(p, vec2(0.78));
    case 2: return triangle(vec2(p.x, p.y + 0.12));
    case 3: return (abs(p.x) + abs(p.y)) * 0.7071 - 0.707;
    case 4: return triangle(vec2(p.x, 0.12 - p.y));
    case 5: return plus(mat2(0.7071, 0.7071, -0.7071, 0.7071) * p);
    case 6: return abs(length(p) - 0.7) - 0.27;
    case 7: return plus(p);
    case 8: return length(p) - 0.8;
    default: return length(p) - 1.0;
  }
}

void main() {
  vec2 p = (gl_PointCoord * 2.0 - 1.0) * (radius + 0.5) / radius;
  float d = outside(vec2(p.x, -p.y)) * radius;          // pixels past the edge
  float cover = clamp(0.5 - d, 0.0, 1.0);
  if (cover <= 0.0) discard;
  // A rim in the background's colour keeps neighbours apart.
  float rim = shape < 5 ? smoothstep(-1.4, -0.2, d) * smoothstep(2.0, 4.0, radius) : 0.0;
  float alpha = cover * colour.a;
  painted = vec4(mix(colour.rgb, background, rim * 0.6) * alpha, alpha);
}`;
