// Contrast as WCAG 2.1 defines it, and colours moved until they have enough of it. Colours are [red, green, blue], 0–255.

export const parsed = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
export const written = (colour) => `#${colour.map((part) => Math.round(part).toString(16).padStart(2, "0")).join("")}`;

function luminance(colour) {
  const [red, green, blue] = colour.map((part) => part / 255).map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

export function contrast(one, other) {
  const [high, low] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (high + 0.05) / (low + 0.05);
}

/** `colour` moved towards white or black, whichever is away from `ground`, until it reads on it at `least` to 1. */
export function readable(colour, ground, least = 4.5) {
  const target = luminance(ground) > 0.18 ? 0 : 255;
  let moved = colour;
  while (contrast(moved, ground) < least) moved = moved.map((part) => part + (target - part) * 0.05 + Math.sign(target - part) * 0.1);
  return moved;
}
